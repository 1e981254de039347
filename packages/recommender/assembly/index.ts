export { gramParts, rotateRows, rowLosses, scoreRows, solveRows, solveScratchBytes } from './als';
export { crossProductRows, multiplyPanels, multiplySymmetricPanels } from './dense';
export {
  eliminateTiles,
  factorDiagonalTile,
  invertColumnTiles,
  multiplyRowTiles,
  solveRowTiles,
  storeColumnTiles,
  storeRowTiles,
} from './tiles';
export { findCandidates, rankCandidates } from './top';
