export { gramParts, rotateRows, rowLosses, scoreRows, solveRows, solveScratchBytes } from './als';
