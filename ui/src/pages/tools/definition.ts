/** A tool's definition as strangers wrote it, read with care: what is not as it should be counts as absent. */
import type { Api } from '$lib/api/client';
import { member, readJsonIfAny, type Json } from '$lib/json';

export interface Definition {
  title: string | null;
  description: string | null;
  inputSchema: unknown;
  outputSchema: unknown;
  hints: Hint[];
}

/** What a tool says about itself; nobody has checked it. */
export type Hint = 'read_only' | 'destructive' | 'idempotent' | 'open_world';

/** Reads the definition of a tool. */
export function definitionOf(definition: unknown): Definition {
  const read = record(definition);
  const annotations = record(read.annotations);
  return {
    title: text(read.title) ?? text(annotations.title),
    description: text(read.description),
    inputSchema: read.inputSchema,
    outputSchema: read.outputSchema,
    hints: hintsOf(annotations),
  };
}

function hintsOf(annotations: Record<string, unknown>): Hint[] {
  const isReadOnly = annotations.readOnlyHint === true;
  const hints: [Hint, boolean][] = [
    ['read_only', isReadOnly],
    ['destructive', annotations.destructiveHint === true && !isReadOnly],
    ['idempotent', annotations.idempotentHint === true && !isReadOnly],
    ['open_world', annotations.openWorldHint === true],
  ];
  return hints.filter(([, holds]) => holds).map(([hint]) => hint);
}

/** The definition of `tool` in the text of the answer that lists all; null when it is not there. */
export function definitionText(
  tools: string,
  tool: Pick<Api['ToolItem'], 'upstream' | 'own_name'>,
): string | null {
  const items = member(readJsonIfAny(tools), 'items');
  if (items?.kind !== 'list') return null;
  const says = (item: Json, name: string, wanted: string) => {
    const value = member(item, name);
    return value?.kind === 'string' && value.value === wanted;
  };
  const found = items.items.find(
    (item) => says(item, 'upstream', tool.upstream) && says(item, 'own_name', tool.own_name),
  );
  return member(found ?? null, 'definition')?.text ?? null;
}

/** How a tool is called: one that is held back goes straight to its upstream, by its own name. */
export function targetOf(tool: Api['ToolItem']): { tool: string; upstream?: string } {
  return tool.held_back ? { tool: tool.own_name, upstream: tool.upstream } : { tool: tool.name };
}

/** Tells tools apart, also two of one name. */
export function keyOf(tool: Api['ToolItem']): string {
  return `${tool.upstream} ${tool.own_name}`;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
