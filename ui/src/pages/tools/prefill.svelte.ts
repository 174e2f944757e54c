/** Arguments that another page hands over to a tool's form; those that are too long for a URL. */

class Prefill {
  #waiting: { tool: string; text: string } | null = $state.raw(null);

  /** Hands over the arguments, JSON as text, before going to `/tools/{tool}?try=1`. */
  give(tool: string, text: string): void {
    this.#waiting = { tool, text };
  }

  /** What waits for this tool, once. */
  take(tool: string): string | null {
    if (this.#waiting?.tool !== tool) return null;
    const { text } = this.#waiting;
    this.#waiting = null;
    return text;
  }
}

export const prefill = new Prefill();
