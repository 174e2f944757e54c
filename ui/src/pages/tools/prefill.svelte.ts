/** Arguments that another page hands over to a tool's form; those that are too long for a URL. */

class Prefill {
  #waiting: { key: string; text: string } | null = $state.raw(null);

  /** Hands over the arguments, JSON as text, before going to the tool with this key. */
  give(key: string, text: string): void {
    this.#waiting = { key, text };
  }

  /** What waits for this tool, once. */
  take(key: string): string | null {
    if (this.#waiting?.key !== key) return null;
    const { text } = this.#waiting;
    this.#waiting = null;
    return text;
  }
}

export const prefill = new Prefill();
