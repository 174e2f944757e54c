import { m } from '$paraglide/messages';

/** What two upstreams have under one name, in words. */
export function clashKind(kind: string): string {
  const words: Record<string, () => string> = {
    tool: m.upstream_kind_tool,
    prompt: m.upstream_kind_prompt,
    resource: m.upstream_kind_resource,
    'resource template': m.upstream_kind_template,
  };
  return words[kind]?.() ?? kind;
}
