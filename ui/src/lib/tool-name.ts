/** True for a name that MCP allows a tool to have. */
export function isToolName(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,128}$/.test(text);
}
