/** Where a line of a log comes from, in words. */
import { m } from '$paraglide/messages';
import type { Source } from './log-lines';

export function sourceWord(source: Source): string {
  return {
    stderr: m.upstream_source_stderr(),
    noise: m.upstream_source_noise(),
    log: m.upstream_source_log(),
    life: m.upstream_source_life(),
  }[source];
}

export function sourceMeaning(source: Source): string {
  return {
    stderr: m.upstream_source_stderr_meaning(),
    noise: m.upstream_source_noise_meaning(),
    log: m.upstream_source_log_meaning(),
    life: m.upstream_source_life_meaning(),
  }[source];
}
