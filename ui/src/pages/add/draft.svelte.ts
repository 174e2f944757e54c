/** One server on its way to be an upstream: what was read, what a person changed, how its check went. */
import { Refusal, stream, type Api } from '$lib/api/client';
import { isPrefix } from '$lib/prefix';
import { withoutCodes } from '$lib/terminal';
import { m } from '$paraglide/messages';
import { chosenDefinition, isName, missingSecrets } from './definition';
import { changed, type ValueChange } from './values';

/** Lines that are kept of what it says: enough for the end of a stack trace. */
const MAX_HEARD = 50;

export type Stage = 'read' | 'checking' | 'checked' | 'adding' | 'added';

type Line = { progress: string } | { step: Api['TestStep'] } | { program: Api['Program'] } | Outcome;
type Outcome =
  { report: Api['TestReport'] } | { upstream: Api['UpstreamView'] } | { problem: Api['Problem'] };

export class Draft {
  /** As the text has it, whatever is done to its values here. */
  readonly asRead: Api['Proposal'];
  proposal = $state.raw() as Api['Proposal'];
  #changes: ValueChange[] = [];
  #changing = $state(0);
  /** It goes when the text in the box no longer has it. */
  isOfText: boolean;
  stage = $state<Stage>('read');
  name = $state('');
  prefix = $state('');
  isolation = $state<Api['Isolation']>('shared');
  isKeptWarm = $state(false);
  /** Else it is kept as it is, and neither tried nor run. */
  isEnabled = $state(true);
  /** Secret values that a person typed, by name. */
  secrets = $state<Record<string, string>>({});
  /** Tools that are off from the start, by their own names. */
  off = $state<string[]>([]);
  /** What clients see tools as, by their own names; empty for those that keep theirs. */
  renamed = $state<Record<string, string>>({});
  /** What it said last while it starts. */
  said = $state('');
  /** What it said lately, for those who look into a failure. */
  heard: string[] = [];
  /** Which program that is, as soon as the gateway told. */
  program = $state.raw<Api['Program'] | null>(null);
  beganMs = $state(0);
  /** What is done of the check that is under way. */
  steps = $state.raw<Api['TestStep'][]>([]);
  report = $state.raw<Api['TestReport'] | null>(null);
  suggestion = $state.raw<Api['Suggestion'] | null>(null);
  /** What was refused when there is a problem. */
  tried = $state<'checking' | 'adding'>('checking');
  problem = $state.raw<Refusal | null>(null);
  clashes = $state.raw<Api['Clash'][]>([]);

  readonly missing = $derived.by(() => missingSecrets(this.proposal, this.secrets));
  readonly isBusy = $derived(this.stage === 'checking' || this.stage === 'adding');
  /** It is being added, or was. */
  readonly isBound = $derived(this.stage === 'adding' || this.stage === 'added');
  /** The gateway would take both, as far as their letters go. */
  readonly isWellNamed = $derived(isName(this.name) && (this.prefix === '' || isPrefix(this.prefix)));
  readonly #isSettled = $derived(!this.isBusy && this.#changing === 0 && this.isWellNamed);
  /** It may be tried. */
  readonly canRun = $derived(this.#isSettled && this.missing.length === 0);
  /** One that is off is not run, and needs no secrets yet. */
  readonly canAdd = $derived(this.isEnabled ? this.canRun : this.#isSettled);
  /** Something speaks against it as it is. */
  readonly isDoubtful = $derived(
    this.report?.ok === false || this.problem !== null || this.clashes.length > 0,
  );

  /** It may be added without another look: nothing is asked for, and nothing spoke against it. */
  readonly needsNothing = $derived(
    this.canAdd && !this.isBound && (!this.isDoubtful || this.problem?.code === 'unreachable'),
  );

  #abort: AbortController | null = null;

  constructor(proposal: Api['Proposal'], isOfText = false) {
    this.asRead = proposal;
    this.proposal = proposal;
    this.isOfText = isOfText;
    this.name = proposal.name;
    this.prefix = proposal.definition.prefix ?? '';
    this.isEnabled = proposal.definition.enabled ?? true;
    this.isolation = proposal.isolation;
    this.isKeptWarm = proposal.definition.keep_warm ?? false;
  }

  /** Takes over what a person chose for the same server before its definition was changed. */
  inherit(former: Draft): void {
    if (former.name !== former.proposal.name) this.name = former.name;
    if (former.prefix !== (former.proposal.definition.prefix ?? '')) this.prefix = former.prefix;
    const mayShare = this.proposal.isolations.includes(former.isolation);
    if (mayShare && former.isolation !== former.proposal.isolation) this.isolation = former.isolation;
    if (former.isKeptWarm !== (former.proposal.definition.keep_warm ?? false))
      this.isKeptWarm = former.isKeptWarm;
    if (former.isEnabled !== (former.proposal.definition.enabled ?? true)) this.isEnabled = former.isEnabled;
    this.off = former.off;
    this.renamed = former.renamed;
    const asked = this.proposal.secrets.map(({ name }) => name);
    const typed = Object.entries(former.secrets).filter(([name]) => asked.includes(name));
    this.secrets = Object.fromEntries(typed);
    // What no longer fits the text is left.
    if (former.#changes.length > 0) void this.change(former.#changes).catch(() => {});
  }

  /** Keeps values in another way, adds some or takes some away. The gateway may refuse it. */
  async change(changes: ValueChange[]): Promise<void> {
    const before = this.#changes;
    const all = (this.#changes = [...before, ...changes]);
    this.#changing++;
    try {
      const proposal = await changed(this.asRead, all);
      if (this.#changes === all) this.proposal = proposal;
    } catch (reason) {
      if (this.#changes === all) this.#changes = before;
      throw reason;
    } finally {
      this.#changing--;
    }
  }

  /** Starts a copy, looks at what it offers, and keeps nothing. */
  async check(): Promise<void> {
    if (!this.canRun) return;
    // It may have been of another name, or another secret.
    this.report = null;
    const outcome = await this.#run('checking', '/api/upstreams/test', 'read');
    if (outcome === null || !('report' in outcome)) return;
    this.report = outcome.report;
    this.suggestion = outcome.report.suggestion ?? null;
    this.clashes = outcome.report.clashes;
    this.stage = 'checked';
  }

  /** Registers it; true when it is there. */
  async add(): Promise<boolean> {
    if (!this.canAdd) return false;
    const outcome = await this.#run('adding', '/api/upstreams', this.report ? 'checked' : 'read');
    if (outcome === null || !('upstream' in outcome)) return false;
    this.clashes = [];
    // They are kept where secrets are kept, and nowhere else.
    this.secrets = {};
    this.stage = 'added';
    return true;
  }

  /** Breaks off what is under way. */
  stop(): void {
    this.#abort?.abort();
  }

  /** Runs what ends with an outcome. When there is none, `otherwise` is where it stands. */
  async #run(stage: 'checking' | 'adding', path: string, otherwise: Stage): Promise<Outcome | null> {
    const abort = new AbortController();
    this.#abort = abort;
    this.stage = stage;
    this.tried = stage;
    this.said = '';
    this.heard = [];
    this.steps = [];
    this.problem = null;
    this.beganMs = Date.now();
    try {
      for await (const line of stream<Line>(path, chosenDefinition(this), abort.signal)) {
        if ('progress' in line) this.#hear(withoutCodes(line.progress));
        else if ('step' in line) this.steps = [...this.steps, line.step];
        else if ('problem' in line) throw new Refusal(line.problem.code, line.problem.detail, line.problem);
        else if ('program' in line) this.program = line.program;
        else return line;
      }
      throw new Refusal('unreachable', m.app_ended());
    } catch (reason) {
      this.stage = otherwise;
      if (!abort.signal.aborted) this.problem = Refusal.from(reason);
      this.clashes = this.problem?.problem?.clashes ?? this.clashes;
      return null;
    }
  }

  #hear(line: string): void {
    this.said = line;
    this.heard = [...this.heard, line].slice(-MAX_HEARD);
  }
}
