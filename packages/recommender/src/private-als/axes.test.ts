import { expect, it } from 'vitest';
import { createRandom, fillNormal } from '../random.ts';
import { findPrincipalAxes, removeDirection } from './axes.ts';

const ROWS = 50;
const RANK = 5;

function drawMatrix(seed: number): Float64Array {
  const values = new Float32Array(ROWS * RANK);
  fillNormal(values, 1, createRandom(seed));
  return Float64Array.from(values);
}

function columnProduct(matrix: Float64Array, left: number, right: number): number {
  let sum = 0;
  for (let row = 0; row < ROWS; row++) sum += matrix[row * RANK + left]! * matrix[row * RANK + right]!;
  return sum;
}

it('finds orthonormal axes that span the columns, the longest first', () => {
  const matrix = drawMatrix(1);
  const { vectors, lengths } = findPrincipalAxes(matrix, RANK);
  expect([...lengths]).toEqual([...lengths].sort((left, right) => right - left));
  for (let k = 0; k < RANK; k++) {
    for (let l = 0; l < RANK; l++) expect(columnProduct(vectors, k, l)).toBeCloseTo(k === l ? 1 : 0, 9);
  }
  // All of a column is along the axes: its squared norm is the sum of its squared products with them.
  let total = 0;
  for (let k = 0; k < RANK; k++) total += columnProduct(matrix, k, k);
  expect(lengths.reduce((sum, length) => sum + length ** 2, 0)).toBeCloseTo(total, 6);
  for (let column = 0; column < RANK; column++) {
    let along = 0;
    for (let axis = 0; axis < RANK; axis++) {
      let product = 0;
      for (let row = 0; row < ROWS; row++) product += matrix[row * RANK + column]! * vectors[row * RANK + axis]!;
      along += product ** 2;
    }
    expect(along).toBeCloseTo(columnProduct(matrix, column, column), 6);
  }
});

it('makes a column of zeros of an axis that is not there', () => {
  const matrix = drawMatrix(2);
  for (let start = 0; start < matrix.length; start += RANK) matrix[start + 1] = 2 * matrix[start]!;
  const { vectors } = findPrincipalAxes(matrix, RANK);
  expect(columnProduct(vectors, RANK - 1, RANK - 1)).toBe(0);
  expect(columnProduct(vectors, RANK - 2, RANK - 2)).toBeCloseTo(1, 9);
  expect(findPrincipalAxes(new Float64Array(ROWS * RANK), RANK).vectors.every((value) => value === 0)).toBe(true);
});

it('leaves nothing along a direction that was taken out', () => {
  const matrix = drawMatrix(3);
  const direction = Float64Array.from({ length: ROWS }, (_, row) => row + 1);
  const norm = Math.hypot(...direction);
  for (let row = 0; row < ROWS; row++) direction[row] = direction[row]! / norm;
  removeDirection(matrix, RANK, direction);
  for (let k = 0; k < RANK; k++) {
    const left = direction.reduce((sum, value, row) => sum + value * matrix[row * RANK + k]!, 0);
    expect(left).toBeCloseTo(0, 9);
  }
});
