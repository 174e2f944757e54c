/** What a tool answered, taken apart for showing. What nobody knows here is shown as JSON. */
import { member, readJsonIfAny, type Json } from '$lib/json';

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'image' | 'audio'; source: string; mimeType: string; bytes: number }
  | { kind: 'link'; uri: string; name: string | null; description: string | null; mimeType: string | null }
  | { kind: 'resource'; uri: string; mimeType: string | null; text: string }
  | { kind: 'data'; uri: string | null; mimeType: string; bytes: number; why: 'type' | 'size' | 'blob' }
  | { kind: 'other'; text: string };

export interface Result {
  isError: boolean;
  blocks: Block[];
  structured: Json | null;
  /** Members besides the known ones, as JSON. */
  rest: string | null;
}

/** A failure of the protocol: the tool was not run, or its upstream failed. */
export interface Failure {
  code: string | null;
  message: string;
  data: Json | null;
}

/** Larger media would double in memory as a `data:` URL, and again as a picture. */
const MAX_MEDIA = 20_000_000;
/** Kinds that every web view shows from bytes. */
const IMAGES = /^image\/(png|jpe?g|gif|webp|avif|bmp|svg\+xml)$/;
const AUDIO = /^audio\/[a-z0-9.+-]+$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const KNOWN = ['content', 'structuredContent', 'isError'];

export function resultOf(text: string): Result {
  const json = readJsonIfAny(text);
  const content = member(json, 'content');
  const rest = json?.kind === 'object' ? json.members.filter(([name]) => !KNOWN.includes(name)) : [];
  const structured = member(json, 'structuredContent');
  return {
    isError: member(json, 'isError')?.text === 'true',
    blocks: content?.kind === 'list' ? content.items.map(blockOf) : [],
    structured: structured?.kind === 'null' ? null : structured,
    rest:
      rest.length === 0
        ? null
        : `{${rest.map(([name, value]) => `${JSON.stringify(name)}:${value.text}`).join(',')}}`,
  };
}

function blockOf(block: Json): Block {
  const of = (name: string) => textAt(block, name);
  const whole: Block = { kind: 'other', text: block.text };
  switch (of('type')) {
    case 'text':
      return textBlock(of('text')) ?? whole;
    case 'image':
      return media('image', of('data'), of('mimeType')) ?? whole;
    case 'audio':
      return media('audio', of('data'), of('mimeType')) ?? whole;
    case 'resource_link':
      return link(block) ?? whole;
    case 'resource':
      return resource(member(block, 'resource')) ?? whole;
    default:
      return whole;
  }
}

function textBlock(text: string | null): Block | null {
  return text === null ? null : { kind: 'text', text };
}

/** Only from its own bytes: nothing is fetched, and what is no base64 cannot become part of a URL. */
function media(kind: 'image' | 'audio', data: string | null, type: string | null): Block | null {
  if (data === null || type === null) return null;
  const base64 = data.replace(/\s+/g, '');
  if (!BASE64.test(base64)) return null;
  const mimeType = type.toLowerCase();
  const bytes = decodedLength(base64);
  if (!(kind === 'image' ? IMAGES : AUDIO).test(mimeType))
    return { kind: 'data', uri: null, mimeType, bytes, why: 'type' };
  if (bytes > MAX_MEDIA) return { kind: 'data', uri: null, mimeType, bytes, why: 'size' };
  return { kind, source: `data:${mimeType};base64,${base64}`, mimeType, bytes };
}

function link(block: Json): Block | null {
  const uri = textAt(block, 'uri');
  if (uri === null) return null;
  const name = textAt(block, 'title') ?? textAt(block, 'name');
  return {
    kind: 'link',
    uri,
    name,
    description: textAt(block, 'description'),
    mimeType: textAt(block, 'mimeType'),
  };
}

function resource(given: Json | null): Block | null {
  const uri = textAt(given, 'uri');
  const text = textAt(given, 'text');
  const blob = textAt(given, 'blob');
  const mimeType = textAt(given, 'mimeType');
  if (uri === null) return null;
  if (text !== null) return { kind: 'resource', uri, mimeType, text };
  if (blob === null) return null;
  return { kind: 'data', uri, mimeType: mimeType ?? '', bytes: decodedLength(blob), why: 'blob' };
}

export function failureOf(text: string): Failure {
  const json = readJsonIfAny(text);
  return {
    code: member(json, 'code')?.text ?? null,
    message: textAt(json, 'message') ?? text,
    data: member(json, 'data'),
  };
}

function textAt(json: Json | null, name: string): string | null {
  const value = member(json, name);
  return value?.kind === 'string' ? value.value : null;
}

/** How many bytes base64 stands for. */
function decodedLength(base64: string): number {
  const length = base64.replace(/[\s=]+/g, '').length;
  return Math.floor((length * 3) / 4);
}

/** Rows and columns of a list of flat objects; null when it is none, which is shown as a tree. */
export function tableOf(json: Json): { columns: string[]; rows: (Json | null)[][] } | null {
  if (json.kind !== 'list' || json.items.length < 2) return null;
  const columns = new Set<string>();
  for (const item of json.items) {
    if (item.kind !== 'object' || item.members.length === 0) return null;
    for (const [name, value] of item.members) {
      if (value.kind === 'object' || value.kind === 'list') return null;
      columns.add(name);
    }
    // A table that is wider cannot be read.
    if (columns.size > 8) return null;
  }
  const names = [...columns];
  return { columns: names, rows: json.items.map((item) => names.map((name) => member(item, name))) };
}
