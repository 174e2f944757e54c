/**
 * MCP servers over HTTP inside the test's own process, one at each path: crowds without processes, and
 * answers that no well-meant server gives.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gate } from './gate';

export interface Tool {
  name: string;
  title?: string;
  description?: string;
  inputSchema?: object;
  outputSchema?: object;
  annotations?: object;
  /** What a call of it answers; without one its own name. */
  result?: object;
}

export interface Served {
  title?: string;
  version?: string;
  tools: Tool[];
  prompts?: object[];
  resources?: object[];
  templates?: object[];
}

interface Message {
  id?: unknown;
  method?: string;
  params?: { name?: string };
}

export class ServerFarm {
  #served = new Map<string, Served>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ServerFarm> {
    const server = createServer();
    const farm = new ServerFarm(server);
    server.on('request', (request, response) => void farm.#answer(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return farm;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** Serves it at a path of its own and registers it at the gateway. */
  async add(gate: Gate, name: string, served: Served): Promise<void> {
    this.#served.set(`/${name}`, served);
    const { port } = this.server.address() as AddressInfo;
    await gate.add(name, { type: 'http', url: `http://127.0.0.1:${port}/${name}` });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const served = this.#served.get(new URL(request.url ?? '/', 'http://local').pathname);
    if (request.method !== 'POST' || served === undefined) {
      response.writeHead(served === undefined ? 404 : 405).end();
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const message = JSON.parse(Buffer.concat(parts).toString()) as Message;
    if (message.id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const result = resultOf(served, message);
    const answer =
      result === undefined
        ? { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'not offered' } }
        : { jsonrpc: '2.0', id: message.id, result };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }
}

function resultOf(served: Served, { method, params }: Message): object | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: {
          tools: {},
          ...(served.prompts ? { prompts: {} } : {}),
          ...(served.resources ? { resources: {} } : {}),
        },
        serverInfo: { name: served.title ?? 'farm', version: served.version ?? '1.0.0' },
      };
    case 'ping':
      return {};
    case 'tools/list':
      return { tools: served.tools.map(listed) };
    case 'prompts/list':
      return { prompts: served.prompts ?? [] };
    case 'resources/list':
      return { resources: served.resources ?? [] };
    case 'resources/templates/list':
      return { resourceTemplates: served.templates ?? [] };
    case 'tools/call': {
      const tool = served.tools.find(({ name }) => name === params?.name);
      return tool && (tool.result ?? { content: [{ type: 'text', text: tool.name }] });
    }
    default:
      return undefined;
  }
}

function listed(tool: Tool): object {
  const { result, ...definition } = tool;
  void result;
  return { inputSchema: { type: 'object' }, ...definition };
}
