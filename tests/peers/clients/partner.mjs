// A stdio server on the npm SDK with what the reference servers lack: lists of all three kinds that
// change when told to, a list that takes several pages, log messages of every level, calls that end
// only when they are cancelled, and methods of its own that no gateway has heard of.

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
    CallToolRequestSchema,
    GetPromptRequestSchema,
    ListPromptsRequestSchema,
    ListResourcesRequestSchema,
    ListToolsRequestSchema,
    ReadResourceRequestSchema,
    SubscribeRequestSchema,
    UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';

/** Several pages of ours, which do not end where those of the gateway end. */
const ITEMS = 53;
const PAGE = 7;
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
/** Long enough that a client tells two steps apart. */
const STEP_MS = 50;

const capabilities = {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    logging: {},
};
const server = new Server({ name: 'partner', version: '1.0.0' }, { capabilities, instructions: 'Be kind.' });

const added = { tool: [], prompt: [], resource: [] };
const subscribed = new Set();
const notes = [];
let cancelled = 0;

const text = words => ({ content: [{ type: 'text', text: String(words) }] });
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Each tool gets its arguments, and a way to speak within its call. */
const tools = {
    async add_entry({ kind, name }) {
        added[kind].push(name);
        await server.notification({ method: `notifications/${kind}s/list_changed` });
        return text(`added ${kind} ${name}`);
    },
    async log_all() {
        for (const level of LEVELS) await server.sendLoggingMessage({ level, logger: 'partner', data: level });
        return text('logged');
    },
    async touch({ uri }) {
        if (subscribed.has(uri)) await server.sendResourceUpdated({ uri });
        return text(`subscribed: ${subscribed.has(uri)}`);
    },
    async count({ steps }, say) {
        for (let step = 1; step <= steps; step++) {
            await say(step, steps);
            await pause(STEP_MS);
        }
        return text(`counted to ${steps}`);
    },
    async wait(_, say, signal) {
        await new Promise(resolve => {
            signal.addEventListener('abort', resolve);
            say(1, 2);
        });
        cancelled += 1;
        return text('nobody reads this');
    },
    async cancelled() {
        return text(`${cancelled} cancelled`);
    },
    async notes() {
        return text(JSON.stringify(notes));
    },
};

server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...Object.keys(tools), ...added.tool].map(name => ({ name, inputSchema: { type: 'object' } })),
}));

server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
    const progressToken = extra._meta?.progressToken;
    const say = async (progress, total) => {
        if (progressToken === undefined) return;
        const report = { progressToken, progress, total };
        await extra.sendNotification({ method: 'notifications/progress', params: report });
    };
    return tools[params.name](params.arguments ?? {}, say, extra.signal);
});

server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: added.prompt.map(name => ({ name })) }));
server.setRequestHandler(GetPromptRequestSchema, ({ params }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: params.name } }],
}));

server.setRequestHandler(ListResourcesRequestSchema, ({ params }) => {
    const all = ITEMS + added.resource.length;
    const from = Number(params?.cursor ?? 0);
    const to = Math.min(from + PAGE, all);
    const nameOf = at => (at < ITEMS ? `item-${at}` : added.resource[at - ITEMS]);
    const page = Array.from({ length: to - from }, (_, at) => nameOf(from + at));
    const resources = page.map(name => ({ uri: `partner://${name}`, name }));
    return to < all ? { resources, nextCursor: String(to) } : { resources };
});
server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({
    contents: [{ uri: params.uri, text: `content of ${params.uri}` }],
}));
server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
});
server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
});

server.fallbackRequestHandler = async ({ method, params }) => ({ method, params });
server.fallbackNotificationHandler = async ({ method, params }) => void notes.push({ method, params });

await server.connect(new StdioServerTransport());
