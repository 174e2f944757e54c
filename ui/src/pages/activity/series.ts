/** From the sums of the gateway to the lines of the charts: every stretch of the time shown has its place. */
import type { Api } from '$lib/api/client';

export const RANGES = {
  // Stretches are long enough that a chart has 60 to 100 of them. What moves fast is asked for often; the sum
  // of a week reads every call that is kept.
  quarter: { lengthMs: 900_000, bucketMs: 15_000, refreshMs: 3_000 },
  hour: { lengthMs: 3_600_000, bucketMs: 60_000, refreshMs: 5_000 },
  day: { lengthMs: 86_400_000, bucketMs: 900_000, refreshMs: 20_000 },
  week: { lengthMs: 604_800_000, bucketMs: 7_200_000, refreshMs: 60_000 },
} as const;

export type Range = keyof typeof RANGES;

export function isRange(word: string): word is Range {
  return Object.hasOwn(RANGES, word);
}

/** Where the range that ends now begins: at the border of a stretch, so that stretches stay as they are. */
export function sinceMs(range: Range, nowMs: number): number {
  const { lengthMs, bucketMs } = RANGES[range];
  return Math.floor((nowMs - lengthMs) / bucketMs) * bucketMs + bucketMs;
}

/** Column by column, as the charts want them; times in seconds. A stretch without calls took no time. */
export interface Series {
  seconds: number[];
  calls: number[];
  errors: number[];
  p50: (number | null)[];
  p95: (number | null)[];
}

export function seriesOf({ since_ms, bucket_ms, buckets }: Api['ActivitySummary'], nowMs: number): Series {
  const series: Series = { seconds: [], calls: [], errors: [], p50: [], p95: [] };
  const byStart = new Map(buckets.map((bucket) => [bucket.start_ms, bucket]));
  for (let start = since_ms; start <= nowMs; start += bucket_ms) {
    const bucket = byStart.get(start);
    series.seconds.push(start / 1000);
    series.calls.push(bucket?.calls ?? 0);
    series.errors.push(bucket?.errors ?? 0);
    series.p50.push(bucket?.p50_ms ?? null);
    series.p95.push(bucket?.p95_ms ?? null);
  }
  return series;
}

/** The range in three figures. */
export function totals({ buckets }: Pick<Api['ActivitySummary'], 'buckets'>): {
  calls: number;
  errors: number;
  slowest_ms: number;
} {
  return {
    calls: buckets.reduce((sum, bucket) => sum + bucket.calls, 0),
    errors: buckets.reduce((sum, bucket) => sum + bucket.errors, 0),
    slowest_ms: buckets.reduce((most, bucket) => Math.max(most, bucket.p95_ms), 0),
  };
}
