"""Drives every feature of the protocol once with the Python SDK's client, and prints one line for each.

python sdk.py GATEWAY KEY [HEADGATE]: the upstreams `everything`, `partner` and `fixture` must be
registered. With the program HEADGATE the session goes through `headgate connect`, and what only HTTP
has is left out.
"""

import json
import os
import re
import sys
from contextlib import asynccontextmanager

import anyio
import httpx
from mcp import ClientSession, McpError, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import AnyUrl

# A feature that hangs is given up.
DEADLINE_S = 60

GATEWAY, KEY, HEADGATE = [*sys.argv[1:], None][:3]


# ---- what the client hears and is asked --------------------------------------------------------------


class Heard:
    """Notifications in the order in which they came, from all sessions."""

    def __init__(self):
        self.all = []
        self.news = anyio.Event()

    def add(self, path, notification):
        self.all.append((path, notification.method, notification.params))
        self.news.set()
        self.news = anyio.Event()

    def since(self, start, method):
        return [(path, params) for path, name, params in self.all[start:] if name == method]

    async def until(self, condition):
        while not condition():
            await self.news.wait()


heard = Heard()
asked = []
roots = [types.Root(uri="file:///one", name="one")]


async def sample(_, params):
    content = types.TextContent(type="text", text=f"I read: {params.messages[0].content.text}")
    return types.CreateMessageResult(role="assistant", content=content, model="test-model")


async def elicit(_, params):
    asked.append(params)
    if params.mode == "url":
        return types.ElicitResult(action="accept")
    return types.ElicitResult(action="accept", content={"name": "Ada", "check": True, "integer": 7})


async def list_roots(_):
    return types.ListRootsResult(roots=roots)


# ---- the connection ----------------------------------------------------------------------------------


class Wire(httpx.AsyncHTTPTransport):
    """Tears the answer stream of a POST on demand, and counts who comes back with Last-Event-ID."""

    armed = False
    torn = False
    resumed = 0

    async def handle_async_request(self, request):
        self.resumed += "last-event-id" in request.headers
        response = await super().handle_async_request(request)
        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        if self.armed and request.method == "POST" and is_stream:
            self.armed = False
            response.stream = TornStream(self, response.stream)
        return response


class TornStream(httpx.AsyncByteStream):
    def __init__(self, wire, stream):
        self.wire = wire
        self.stream = stream

    async def __aiter__(self):
        async for chunk in self.stream:
            if self.wire.torn:
                raise httpx.ReadError("the connection was torn")
            yield chunk

    async def aclose(self):
        await self.stream.aclose()


wire = Wire()
http = httpx.AsyncClient(transport=wire, timeout=httpx.Timeout(30, read=300))


def over_http(path):
    return streamable_http_client(f"{GATEWAY}/k/{KEY}{path}", http_client=http)


@asynccontextmanager
async def bridge():
    env = {"HEADGATE_HOME": os.environ["HEADGATE_HOME"]}
    server = StdioServerParameters(command=HEADGATE, args=["connect", "--client", "python-sdk"], env=env)
    async with stdio_client(server) as (read, write):
        yield read, write, lambda: None


@asynccontextmanager
async def connect(path):
    async def hear(message):
        if isinstance(message, types.ServerNotification):
            heard.add(path, message.root)

    async with bridge() if HEADGATE and path == "/mcp" else over_http(path) as (read, write, session_id):
        callbacks = {
            "sampling_callback": sample,
            "elicitation_callback": elicit,
            "list_roots_callback": list_roots,
            "message_handler": hear,
        }
        async with ClientSession(read, write, **callbacks) as session:
            session.greeting = await session.initialize()
            session.id = session_id()
            yield session


async def call(session, name, arguments=None, **options):
    result = await session.call_tool(name, arguments or {}, **options)
    return result.content[0].text


async def every_page(list_page, key):
    pages, cursor = [], None
    while True:
        page = await list_page(params=types.PaginatedRequestParams(cursor=cursor))
        pages.append(getattr(page, key))
        cursor = page.nextCursor
        if cursor is None:
            return pages


async def code_of(request):
    try:
        await request
    except McpError as error:
        return error.error.code
    return "no error"


def request(method, params):
    return types.Request[dict, str](method=method, params=params)


# ---- the features ------------------------------------------------------------------------------------


async def initialize(session):
    greeting = session.greeting
    capabilities = " ".join(sorted(greeting.capabilities.model_dump(exclude_none=True)))
    told = sorted(re.findall(r"^# (?:everything|fixture|partner)$", greeting.instructions, re.MULTILINE))
    name, version = greeting.serverInfo.name, greeting.protocolVersion
    return f"{name} speaks {version}: {capabilities}; instructions: {' '.join(told)}"


async def ping(session):
    answer = await session.send_ping()
    return "answered" if answer.model_dump(exclude_none=True) == {} else "odd"


async def tools_list(session):
    tools = sum(await every_page(session.list_tools, "tools"), [])
    wanted = {"count", "echo", "test_simple_text"}
    found = sorted(tool.name for tool in tools if tool.name in wanted)
    echo = next(tool for tool in tools if tool.name == "echo")
    return f"{' '.join(found)}; echo is titled {echo.title}"


async def tools_call(session):
    return await call(session, "echo", {"message": "hello"})


async def tool_error(session):
    result = await session.call_tool("test_error_handling", {})
    return f"{'an error' if result.isError else 'no error'}: {result.content[0].text}"


async def structured_content(session):
    result = await session.call_tool("get-structured-content", {"location": "Chicago"})
    content = result.structuredContent
    return f"{content['temperature']}, {content['conditions']}, {content['humidity']}"


async def pagination(session):
    pages = await every_page(session.list_resources, "resources")
    uris = [str(resource.uri) for resource in sum(pages, [])]
    items = [uri for uri in uris if uri.startswith("partner://item-")]
    in_order = items == [f"partner://item-{at}" for at in range(len(items))]
    made_up = types.PaginatedRequestParams(cursor="made up")
    refused = await code_of(session.list_resources(params=made_up))
    order = "in order" if in_order else "in disorder"
    return f"{len(items)} items {order} on {len(pages)} pages; a made up cursor: {refused}"


async def resources_read(session):
    item = await session.read_resource(AnyUrl("partner://item-7"))
    image = await session.read_resource(AnyUrl("test://static-binary"))
    unknown = await code_of(session.read_resource(AnyUrl("nobody://knows")))
    return f"{item.contents[0].text}; {image.contents[0].mimeType}; unknown: {unknown}"


async def resource_templates(session):
    templates = (await session.list_resource_templates()).resourceTemplates
    wanted = {"demo://resource/dynamic/text/{resourceId}", "test://template/{id}/data"}
    found = sorted(one.uriTemplate for one in templates if one.uriTemplate in wanted)
    read = await session.read_resource(AnyUrl("demo://resource/dynamic/text/7"))
    return f"{' '.join(found)}; {read.contents[0].text.split(':')[0]}"


async def subscriptions(session):
    start = len(heard.all)

    async def updated(uri):
        updates = lambda: heard.since(start, "notifications/resources/updated")
        await heard.until(lambda: any(str(params.uri) == uri for _, params in updates()))

    item = AnyUrl("partner://item-1")
    await session.subscribe_resource(item)
    before = await call(session, "touch", {"uri": "partner://item-1"})
    await updated("partner://item-1")
    await session.unsubscribe_resource(item)
    after = await call(session, "touch", {"uri": "partner://item-1"})
    await session.subscribe_resource(AnyUrl("test://watched-resource"))
    await call(session, "test_trigger_resource_update")
    await updated("test://watched-resource")
    return f"{before}, updated; {after}; fixture updated"


async def prompts(session):
    listed = (await session.list_prompts()).prompts
    found = sorted(prompt.name for prompt in listed if prompt.name in {"args-prompt", "test_simple_prompt"})
    prompt = await session.get_prompt("args-prompt", {"city": "Oslo"})
    return f"{' '.join(found)}; {prompt.messages[0].content.text}"


async def completion(session):
    prompt = types.PromptReference(type="ref/prompt", name="completable-prompt")
    template = types.ResourceTemplateReference(type="ref/resource", uri="test://template/{id}/data")

    async def complete(ref, name, value, context=None):
        result = await session.complete(ref, {"name": name, "value": value}, context)
        return " ".join(result.completion.values)

    department = await complete(prompt, "department", "E")
    name = await complete(prompt, "name", "A", {"department": department})
    return f"{department}; {name}; {await complete(template, 'id', '12')}"


async def logging(session):
    async def levels(level):
        await session.set_logging_level(level)
        start = len(heard.all)
        await call(session, "log_all")
        logs = [params for _, params in heard.since(start, "notifications/message")]
        return " ".join(log.data for log in logs if log.logger == "partner")

    return f"{await levels('error')} | {await levels('debug')}"


async def progress(session):
    steps = []

    async def on_progress(done, total, _):
        steps.append(f"{done:g}/{total:g}")

    answer = await call(session, "count", {"steps": 3}, progress_callback=on_progress)
    return f"{' '.join(steps)} {answer}"


async def cancellation(session):
    # This SDK leaves the notification to whoever gives up.
    request_id = session._request_id

    async def give_up(*_):
        params = types.CancelledNotificationParams(requestId=request_id, reason="changed my mind")
        await session.send_notification(types.ClientNotification(types.CancelledNotification(params=params)))

    try:
        outcome = await call(session, "wait", progress_callback=give_up)
    except McpError:
        outcome = "gave up"
    while await call(session, "cancelled") == "0 cancelled":
        pass
    return f"{outcome}; the server knows: {await call(session, 'cancelled')}"


def list_changed(kind):
    async def feature(session):
        start = len(heard.all)
        await call(session, "add_entry", {"kind": kind, "name": f"new-{kind}"})
        await heard.until(lambda: heard.since(start, f"notifications/{kind}s/list_changed"))
        pages = await every_page(getattr(session, f"list_{kind}s"), f"{kind}s")
        if f"new-{kind}" in [entry.name for entry in sum(pages, [])]:
            return f"told, and new-{kind} is listed"
        return f"told, but new-{kind} is missing"

    return feature


async def told_once(_):
    start = len(heard.all)

    def notices(start, session):
        return [path for path, _ in heard.since(start, "notifications/tools/list_changed") if path == session]

    async with connect("/mcp/partner") as alone:
        for name in ["first", "second"]:
            before = len(heard.all)
            await call(alone, "add_entry", {"kind": "tool", "name": name})
            await heard.until(lambda: notices(before, "/mcp") and notices(before, "/mcp/partner"))
    return f"2 changes, {len(notices(start, '/mcp'))} and {len(notices(start, '/mcp/partner'))} notices"


async def sampling(session):
    everything = await call(session, "trigger-sampling-request", {"prompt": "a riddle"})
    answer = json.loads(everything[everything.index("{") :])
    fixture = await call(session, "test_sampling", {"prompt": "a rhyme"})
    return f"{answer['model']}: {answer['content']['text']}; {fixture}"


async def elicitation_form(session):
    result = await session.call_tool("trigger-elicitation-request", {})
    fields = len(asked[-1].requestedSchema["properties"])
    return f"{fields} fields shown; {' '.join(result.content[1].text.splitlines()[1:4])}"


async def elicitation_url(session):
    arguments = {"url": "https://example.com/sign-in", "elicitationId": "e-1"}
    answer = await call(session, "trigger-url-elicitation", arguments)
    shown = asked[-1]
    required = await code_of(session.call_tool("trigger-url-elicitation", {**arguments, "errorPath": True}))
    outcome = "completed" if "User completed" in answer else answer
    return f"{shown.mode} {shown.url} {shown.elicitationId}; {outcome}; required: {required}"


async def roots_of_client(session):
    async def count():
        found = re.search(r"\((\d+) total\)", await call(session, "get-roots-list"))
        return found[1] if found else "none"

    before = await count()
    start = len(heard.all)
    roots.append(types.Root(uri="file:///two", name="two"))
    await session.send_roots_list_changed()

    def updated():
        logs = heard.since(start, "notifications/message")
        return any(str(params.data).startswith("Roots updated: 2") for _, params in logs)

    await heard.until(updated)
    return f"{before}, then {await count()}"


async def resumption(session):
    wire.armed, wire.torn, wire.resumed = True, False, 0
    steps = []

    async def on_progress(done, *_):
        steps.append(f"{done:g}")
        wire.torn = wire.torn or done == 2

    answer = await call(session, "count", {"steps": 8}, progress_callback=on_progress)
    return f"{' '.join(steps)} {answer}, resumed {wire.resumed} time"


async def resumption_by_the_gateway(session):
    """Over HTTP the server hangs up in the middle of this call."""
    return await call(session, "test_reconnection")


async def unknown(session):
    refused = await code_of(session.send_request(request("partner/unheard-of", {}), types.Result))
    async with connect("/mcp/partner") as alone:
        params = {"nothing": None, "big": 12345678901234567890}
        echoed = await alone.send_request(request("partner/unheard-of", params), types.Result)
        note = types.Notification[dict, str](method="notifications/partner/note", params={"text": "psst"})
        await alone.send_notification(note)
        texts = []
        while not texts:
            notes = json.loads(await call(alone, "notes"))
            texts = [note["params"]["text"] for note in notes if note["method"] == "notifications/partner/note"]
    nothing = json.dumps(echoed.params["nothing"])
    return f"{refused}; {echoed.method} with {nothing}; notifications/partner/note {texts[0]}"


async def termination(session):
    endpoint = f"{GATEWAY}/k/{KEY}/mcp"
    headers = {"mcp-session-id": session.id}
    await http.delete(endpoint, headers=headers)
    response = await http.post(endpoint, headers=headers, json={"jsonrpc": "2.0", "id": "last", "method": "ping"})
    answer = response.json()
    return f"{response.status_code} {answer['error']['code']} {answer['error']['message']} {answer['id']}"


FEATURES = {
    "initialize": initialize,
    "ping": ping,
    "tools list": tools_list,
    "tools call": tools_call,
    "tool error": tool_error,
    "structured content": structured_content,
    "pagination": pagination,
    "resources read": resources_read,
    "resource templates": resource_templates,
    "subscriptions": subscriptions,
    "prompts": prompts,
    "completion": completion,
    "logging": logging,
    "progress": progress,
    "cancellation": cancellation,
    "tools list changed": list_changed("tool"),
    "prompts list changed": list_changed("prompt"),
    "resources list changed": list_changed("resource"),
    "told once": told_once,
    "sampling": sampling,
    "elicitation form": elicitation_form,
    "elicitation url": elicitation_url,
    "roots": roots_of_client,
    "resumption": resumption,
    "resumption by the gateway": resumption_by_the_gateway,
    "unknown methods": unknown,
    "session termination": termination,
}

HTTP_ONLY = {"resumption", "session termination"}


async def main():
    failed = False
    async with http, connect("/mcp") as session:
        for name, feature in FEATURES.items():
            if HEADGATE and name in HTTP_ONLY:
                continue
            try:
                with anyio.fail_after(DEADLINE_S):
                    print(f"{name}: {await feature(session)}", flush=True)
            except TimeoutError:
                failed = True
                print(f"{name}: FAILED: nothing came", flush=True)
            except Exception as error:
                failed = True
                print(f"{name}: FAILED: {error}", flush=True)
    sys.exit(1 if failed else 0)


anyio.run(main)
