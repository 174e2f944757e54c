import { expect, test } from 'vitest';
import { RANGES, isRange, seriesOf, sinceMs, totals, type Range } from './series';

const bucket = (start_ms: number, calls: number, errors = 0, p50_ms = 1, p95_ms = 2) => ({
  start_ms,
  calls,
  errors,
  p50_ms,
  p95_ms,
});
const summary = {
  since_ms: 10_000,
  bucket_ms: 1000,
  buckets: [bucket(11_000, 5, 1), bucket(13_000, 2, 0, 3, 9)],
  dropped: 0,
};

test('stretches without calls get their place', () => {
  expect(seriesOf(summary, 13_500)).toEqual({
    seconds: [10, 11, 12, 13],
    calls: [0, 5, 0, 2],
    errors: [0, 1, 0, 0],
    p50: [null, 1, null, 3],
    p95: [null, 2, null, 9],
  });
});

test('the figures of the whole range', () => {
  expect(totals(summary)).toEqual({ calls: 7, errors: 1, slowest_ms: 9 });
  expect(totals({ buckets: [] })).toEqual({ calls: 0, errors: 0, slowest_ms: 0 });
});

test.each(Object.keys(RANGES) as Range[])('%s begins at a border and holds now', (range) => {
  const nowMs = 1_795_175_403_123;
  const { bucketMs, lengthMs } = RANGES[range];
  const since = sinceMs(range, nowMs);
  expect(since % bucketMs).toBe(0);
  expect(nowMs - since).toBeLessThanOrEqual(lengthMs);
  expect(nowMs - since).toBeGreaterThan(lengthMs - bucketMs);
});

test('only known ranges are ranges', () => {
  expect(isRange('day')).toBe(true);
  expect(isRange('toString')).toBe(false);
});
