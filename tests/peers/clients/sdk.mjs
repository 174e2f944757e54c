// Drives every feature of the protocol once with the npm SDK's client, and prints one line for each.
// node sdk.mjs GATEWAY KEY [HEADGATE]: the upstreams `everything`, `partner` and `fixture` must be
// registered. With the program HEADGATE the session goes through `headgate connect`, and what only HTTP
// has is left out.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
    CreateMessageRequestSchema,
    ElicitRequestSchema,
    ListRootsRequestSchema,
    ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';

/** A feature that hangs is given up. */
const DEADLINE_MS = 60_000;

const [gateway, key, headgate] = process.argv.slice(2);
const authorization = { Authorization: `Bearer ${key}` };

let failed = false;
let roots = [{ uri: 'file:///one', name: 'one' }];
const heard = [];
const asked = [];
const listeners = new Set();

function hear(session, { method, params }) {
    heard.push({ session, method, params });
    for (const listener of listeners) listener();
}

/** Waits until `find` finds something in what was heard from `from` on. */
function until(from, find) {
    return new Promise(resolve => {
        const look = () => {
            const found = heard.slice(from).find(find);
            if (found === undefined) return;
            listeners.delete(look);
            resolve(found);
        };
        listeners.add(look);
        look();
    });
}

const is = method => notification => notification.method === method;

// ---- the connection ---------------------------------------------------------------------------------

/** Tears the answer stream of a POST on demand, and remembers who came back with Last-Event-ID. */
const wire = { armed: false, tear: () => {}, resumed: [] };

async function tearableFetch(url, init) {
    const lastEventId = new Headers(init.headers).get('last-event-id');
    if (lastEventId !== null) wire.resumed.push(lastEventId);
    const response = await fetch(url, init);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (!wire.armed || init.method !== 'POST' || !isStream) return response;
    wire.armed = false;
    const reader = response.body.getReader();
    const body = new ReadableStream({
        start(controller) {
            wire.tear = () => {
                controller.error(new Error('the connection was torn'));
                reader.cancel().catch(() => {});
            };
        },
        async pull(controller) {
            const { done, value } = await reader.read();
            if (done) controller.close();
            else controller.enqueue(value);
        },
    });
    return new Response(body, { status: response.status, headers: response.headers });
}

async function connect(path) {
    const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };
    const client = new Client({ name: 'npm-sdk', version: '1.32.2' }, { capabilities });
    client.fallbackNotificationHandler = async notification => hear(path, notification);
    client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
        const content = { type: 'text', text: `I read: ${params.messages[0].content.text}` };
        return { model: 'test-model', role: 'assistant', content };
    });
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
        asked.push(params);
        if (params.mode === 'url') return { action: 'accept' };
        return { action: 'accept', content: { name: 'Ada', check: true, integer: 7 } };
    });
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots }));
    const transport = path === '/mcp' && headgate !== undefined ? bridge() : http(path);
    await client.connect(transport);
    return { client, transport };
}

function http(path) {
    const options = { requestInit: { headers: authorization }, fetch: tearableFetch };
    return new StreamableHTTPClientTransport(new URL(gateway + path), options);
}

function bridge() {
    const transport = new StdioClientTransport({
        command: headgate,
        args: ['connect', '--client', 'npm-sdk'],
        env: { HEADGATE_HOME: process.env.HEADGATE_HOME },
    });
    transport.setProtocolVersion = version => {
        transport.protocolVersion = version;
    };
    return transport;
}

const { client, transport } = await connect('/mcp');

const call = async (name, args = {}, options = undefined, from = client) => {
    const result = await from.callTool({ name, arguments: args }, undefined, options);
    return result.content[0].text;
};

async function everyPage(list, key) {
    const pages = [];
    let cursor;
    do {
        const page = await list(cursor === undefined ? undefined : { cursor });
        pages.push(page[key]);
        cursor = page.nextCursor;
    } while (cursor !== undefined);
    return pages;
}

const codeOf = promise => promise.then(
    () => 'no error',
    error => error.code,
);

// ---- the features -----------------------------------------------------------------------------------

async function initialize() {
    const capabilities = Object.keys(client.getServerCapabilities()).sort().join(' ');
    const told = client.getInstructions().split('\n').filter(line => /^# (everything|fixture|partner)$/.test(line));
    const { name } = client.getServerVersion();
    return `${name} speaks ${transport.protocolVersion}: ${capabilities}; instructions: ${told.sort().join(' ')}`;
}

async function ping() {
    return Object.keys(await client.ping()).length === 0 ? 'answered' : 'odd';
}

async function toolsList() {
    const tools = (await everyPage(page => client.listTools(page), 'tools')).flat();
    const wanted = ['count', 'echo', 'test_simple_text'];
    const found = tools.map(tool => tool.name).filter(name => wanted.includes(name));
    return `${found.sort().join(' ')}; echo is titled ${tools.find(tool => tool.name === 'echo').title}`;
}

async function toolsCall() {
    return call('echo', { message: 'hello' });
}

async function toolError() {
    const { isError, content } = await client.callTool({ name: 'test_error_handling', arguments: {} });
    return `${isError ? 'an error' : 'no error'}: ${content[0].text}`;
}

async function structuredContent() {
    const result = await client.callTool({ name: 'get-structured-content', arguments: { location: 'Chicago' } });
    const { temperature, conditions, humidity } = result.structuredContent;
    return `${temperature}, ${conditions}, ${humidity}`;
}

async function pagination() {
    const pages = await everyPage(page => client.listResources(page), 'resources');
    const items = pages.flat().map(resource => resource.uri).filter(uri => uri.startsWith('partner://item-'));
    const inOrder = items.every((uri, at) => uri === `partner://item-${at}`);
    const refused = await codeOf(client.listResources({ cursor: 'made up' }));
    return `${items.length} items ${inOrder ? 'in order' : 'in disorder'} on ${pages.length} pages; a made up cursor: ${refused}`;
}

async function resourcesRead() {
    const item = await client.readResource({ uri: 'partner://item-7' });
    const image = await client.readResource({ uri: 'test://static-binary' });
    const unknown = await codeOf(client.readResource({ uri: 'nobody://knows' }));
    return `${item.contents[0].text}; ${image.contents[0].mimeType}; unknown: ${unknown}`;
}

async function resourceTemplates() {
    const { resourceTemplates } = await client.listResourceTemplates();
    const wanted = ['demo://resource/dynamic/text/{resourceId}', 'test://template/{id}/data'];
    const found = resourceTemplates.map(one => one.uriTemplate).filter(template => wanted.includes(template));
    const { contents } = await client.readResource({ uri: 'demo://resource/dynamic/text/7' });
    return `${found.sort().join(' ')}; ${contents[0].text.split(':')[0]}`;
}

async function subscriptions() {
    const from = heard.length;
    const updated = uri => ({ method, params }) => method === 'notifications/resources/updated' && params.uri === uri;
    await client.subscribeResource({ uri: 'partner://item-1' });
    const before = await call('touch', { uri: 'partner://item-1' });
    await until(from, updated('partner://item-1'));
    await client.unsubscribeResource({ uri: 'partner://item-1' });
    const after = await call('touch', { uri: 'partner://item-1' });
    await client.subscribeResource({ uri: 'test://watched-resource' });
    await call('test_trigger_resource_update');
    await until(from, updated('test://watched-resource'));
    return `${before}, updated; ${after}; fixture updated`;
}

async function prompts() {
    const { prompts } = await client.listPrompts();
    const wanted = ['args-prompt', 'test_simple_prompt'];
    const found = prompts.map(prompt => prompt.name).filter(name => wanted.includes(name));
    const { messages } = await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Oslo' } });
    return `${found.sort().join(' ')}; ${messages[0].content.text}`;
}

async function completion() {
    const prompt = { type: 'ref/prompt', name: 'completable-prompt' };
    const template = { type: 'ref/resource', uri: 'test://template/{id}/data' };
    const complete = async params => (await client.complete(params)).completion.values.join(' ');
    const department = await complete({ ref: prompt, argument: { name: 'department', value: 'E' } });
    const context = { arguments: { department } };
    const name = await complete({ ref: prompt, argument: { name: 'name', value: 'A' }, context });
    const id = await complete({ ref: template, argument: { name: 'id', value: '12' } });
    return `${department}; ${name}; ${id}`;
}

async function logging() {
    const levels = async level => {
        await client.setLoggingLevel(level);
        const from = heard.length;
        await call('log_all');
        const logs = heard.slice(from).filter(is('notifications/message'));
        return logs.filter(({ params }) => params.logger === 'partner').map(({ params }) => params.data).join(' ');
    };
    return `${await levels('error')} | ${await levels('debug')}`;
}

async function progress() {
    const steps = [];
    const onprogress = ({ progress, total }) => steps.push(`${progress}/${total}`);
    const answer = await call('count', { steps: 3 }, { onprogress });
    return `${steps.join(' ')} ${answer}`;
}

async function cancellation() {
    const abort = new AbortController();
    const options = { signal: abort.signal, onprogress: () => abort.abort('changed my mind') };
    const outcome = await call('wait', {}, options).then(
        () => 'answered',
        () => 'gave up',
    );
    while ((await call('cancelled')) === '0 cancelled');
    return `${outcome}; the server knows: ${await call('cancelled')}`;
}

async function listChanged(kind, list) {
    const from = heard.length;
    await call('add_entry', { kind, name: `new-${kind}` });
    await until(from, is(`notifications/${kind}s/list_changed`));
    const names = (await list()).flat().map(entry => entry.name);
    return names.includes(`new-${kind}`) ? `told, and new-${kind} is listed` : `told, but new-${kind} is missing`;
}

async function toldOnce() {
    const { client: alone } = await connect('/mcp/partner');
    const from = heard.length;
    const notices = (from, session) =>
        heard.slice(from).filter(is('notifications/tools/list_changed')).filter(notice => notice.session === session);
    for (const name of ['first', 'second']) {
        const before = heard.length;
        await call('add_entry', { kind: 'tool', name }, undefined, alone);
        await until(before, () => notices(before, '/mcp').length > 0 && notices(before, '/mcp/partner').length > 0);
    }
    await alone.close();
    return `2 changes, ${notices(from, '/mcp').length} and ${notices(from, '/mcp/partner').length} notices`;
}

async function sampling() {
    const everything = await call('trigger-sampling-request', { prompt: 'a riddle' });
    const { model, content } = JSON.parse(everything.slice(everything.indexOf('{')));
    const fixture = await call('test_sampling', { prompt: 'a rhyme' });
    return `${model}: ${content.text}; ${fixture}`;
}

async function elicitationForm() {
    const { content } = await client.callTool({ name: 'trigger-elicitation-request', arguments: {} });
    const fields = Object.keys(asked.at(-1).requestedSchema.properties).length;
    return `${fields} fields shown; ${content[1].text.split('\n').slice(1, 4).join(' ')}`;
}

async function elicitationUrl() {
    const args = { url: 'https://example.com/sign-in', elicitationId: 'e-1' };
    const answer = await call('trigger-url-elicitation', args);
    const { mode, url, elicitationId } = asked.at(-1);
    const required = await codeOf(call('trigger-url-elicitation', { ...args, errorPath: true }));
    return `${mode} ${url} ${elicitationId}; ${answer.includes('User completed') ? 'completed' : answer}; required: ${required}`;
}

async function rootsOfClient() {
    const count = async () => /\((\d+) total\)/.exec(await call('get-roots-list'))?.[1] ?? 'none';
    const before = await count();
    const from = heard.length;
    roots = [...roots, { uri: 'file:///two', name: 'two' }];
    await client.sendRootsListChanged();
    await until(from, ({ params }) => String(params?.data).startsWith('Roots updated: 2'));
    return `${before}, then ${await count()}`;
}

async function resumption() {
    wire.armed = true;
    const [steps, tokens] = [[], []];
    const onprogress = ({ progress }) => {
        steps.push(progress);
        if (progress === 2) wire.tear();
    };
    const onresumptiontoken = token => tokens.push(token);
    const answer = await call('count', { steps: 8 }, { onprogress, onresumptiontoken });
    const resumed = wire.resumed.filter(id => tokens.includes(id)).length;
    return `${steps.join(' ')} ${answer}, resumed ${resumed} time`;
}

async function unknown() {
    const refused = await codeOf(client.request({ method: 'partner/unheard-of' }, ResultSchema));
    const { client: alone } = await connect('/mcp/partner');
    const params = { nothing: null, big: 12345678901234567890 };
    const echoed = await alone.request({ method: 'partner/unheard-of', params }, ResultSchema);
    await alone.notification({ method: 'notifications/partner/note', params: { text: 'psst' } });
    const noted = async () => JSON.parse(await call('notes', {}, undefined, alone));
    let note;
    while (note === undefined) note = (await noted()).find(is('notifications/partner/note'));
    await alone.close();
    return `${refused}; ${echoed.method} with ${JSON.stringify(echoed.params.nothing)}; ${note.method} ${note.params.text}`;
}

async function termination() {
    const id = transport.sessionId;
    await transport.terminateSession();
    const headers = { ...authorization, 'content-type': 'application/json', 'mcp-session-id': id };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'last', method: 'ping' });
    const response = await fetch(`${gateway}/mcp`, { method: 'POST', headers, body });
    const answer = await response.json();
    return `${response.status} ${answer.error.code} ${answer.error.message} ${answer.id}`;
}

const features = {
    initialize,
    ping,
    'tools list': toolsList,
    'tools call': toolsCall,
    'tool error': toolError,
    'structured content': structuredContent,
    pagination,
    'resources read': resourcesRead,
    'resource templates': resourceTemplates,
    subscriptions,
    prompts,
    completion,
    logging,
    progress,
    cancellation,
    'tools list changed': () => listChanged('tool', () => everyPage(page => client.listTools(page), 'tools')),
    'prompts list changed': () => listChanged('prompt', () => everyPage(page => client.listPrompts(page), 'prompts')),
    'resources list changed': () =>
        listChanged('resource', () => everyPage(page => client.listResources(page), 'resources')),
    'told once': toldOnce,
    sampling,
    'elicitation form': elicitationForm,
    'elicitation url': elicitationUrl,
    roots: rootsOfClient,
    resumption,
    'resumption by the gateway': () => call('test_reconnection'),
    'unknown methods': unknown,
    'session termination': termination,
};

if (headgate !== undefined) for (const name of ['resumption', 'session termination']) delete features[name];

for (const [name, feature] of Object.entries(features)) {
    let timer;
    const deadline = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('nothing came')), DEADLINE_MS);
    });
    try {
        console.log(`${name}: ${await Promise.race([feature(), deadline])}`);
    } catch (error) {
        failed = true;
        console.log(`${name}: FAILED: ${error.message}`);
    }
    clearTimeout(timer);
}
await client.close();
process.exit(failed ? 1 : 0);
