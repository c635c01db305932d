/**
 * What aggregates compute of numbers, by the arithmetic of floats: of NaN comes NaN, of infinity
 * infinity, whatever the order of the numbers. Of no numbers at all comes null, which is missing.
 */

export function sumOf(numbers: Float64Array): number | null {
  if (numbers.length === 0) return null;
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

export function meanOf(numbers: Float64Array): number | null {
  const sum = sumOf(numbers);
  if (sum === null) return null;
  if (Number.isFinite(sum)) return sum / numbers.length;
  // The sum of finite numbers may be too large; their mean is not.
  return numbers.reduce((mean, number) => mean + number / numbers.length, 0);
}

/** Of an even number the middle between the two in the middle. The numbers are put in order. */
export function medianOf(numbers: Float64Array): number | null {
  if (numbers.length === 0) return null;
  // Typed arrays have NaN last.
  numbers.sort();
  const middle = numbers.length >> 1;
  const upper = numbers[middle] ?? 0;
  if (numbers.length % 2 === 1) return upper;
  const lower = numbers[middle - 1] ?? 0;
  const sum = lower + upper;
  return Number.isFinite(sum) ? sum / 2 : lower / 2 + upper / 2;
}

/** The sample standard deviation; null for fewer than two numbers. */
export function stdevOf(numbers: Float64Array): number | null {
  const mean = meanOf(numbers);
  if (mean === null || numbers.length < 2) return null;
  let squares = 0;
  for (const number of numbers) squares += (number - mean) ** 2;
  return Math.sqrt(squares / (numbers.length - 1));
}
