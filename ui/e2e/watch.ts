/** Watches a page while it is used: nothing on its console, nothing against the policy, nothing from elsewhere. */
import type { Page } from '@playwright/test';

export class PageWatch {
  #faults: string[] = [];
  #allowed: RegExp[] = [];

  static async over(page: Page, origin: string): Promise<PageWatch> {
    const watch = new PageWatch();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        watch.#saw(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => watch.#saw(`uncaught: ${error.message}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.origin !== origin) watch.#saw(`request: ${url.href}`);
    });
    await page.exposeFunction('headgateViolation', (what: string) => watch.#saw(`policy: ${what}`));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const tell = (window as unknown as { headgateViolation: (what: string) => void }).headgateViolation;
        tell(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    return watch;
  }

  /** What a test brings about on purpose, such as a gateway that does not answer. */
  allow(...faults: RegExp[]): void {
    this.#allowed.push(...faults);
  }

  faults(): string[] {
    return [...new Set(this.#faults)].filter(
      (fault) => !this.#allowed.some((allowed) => allowed.test(fault)),
    );
  }

  #saw(fault: string): void {
    this.#faults.push(fault);
  }
}
