/** An MCP client of the legacy era, as small as it can be: it makes sessions and traffic. */
import type { Gate } from './gate';

export class McpClient {
  #id = 0;

  private constructor(
    private readonly url: string,
    private readonly key: string,
    private session: string,
  ) {}

  /** Opens a session with a client's key. */
  static async open(
    gate: Gate,
    key: string,
    capabilities: object = {},
    title = 'Example',
  ): Promise<McpClient> {
    const client = new McpClient(`${gate.url}/mcp`, key, '');
    const answer = await client.#post({
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities,
        clientInfo: { name: title, version: '1.2.3' },
      },
    });
    client.session = answer.headers.get('mcp-session-id') ?? '';
    await answer.text();
    await (await client.#post({ jsonrpc: '2.0', method: 'notifications/initialized' })).text();
    return client;
  }

  /** Calls a tool and gives the status and text of the whole answer. */
  async call(name: string, args: object = {}): Promise<{ status: number; text: string }> {
    const params = { name, arguments: args, _meta: { progressToken: ++this.#id } };
    const answer = await this.#post({ jsonrpc: '2.0', id: this.#id, method: 'tools/call', params });
    return { status: answer.status, text: await answer.text() };
  }

  #post(message: object): Promise<Response> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    if (this.session !== '') {
      headers['mcp-session-id'] = this.session;
      headers['mcp-protocol-version'] = '2025-11-25';
    }
    return fetch(this.url, { method: 'POST', headers, body: JSON.stringify(message) });
  }
}
