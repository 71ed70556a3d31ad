/**
 * What a caller may do. `admin` implies the others; whoever makes an identity expands it with `expandScopes`, so that everyone
 * who checks one looks for a plain name.
 */
export const scopes = ['events:read', 'assets:read', 'threats:read', 'threats:write', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export function isScope(value: string): value is Scope {
  return (scopes as readonly string[]).includes(value);
}

/** The known scopes among `granted`, each once, and all of them when `admin` is one. */
export function expandScopes(granted: readonly string[]): Scope[] {
  return granted.includes('admin') ? [...scopes] : scopes.filter((scope) => granted.includes(scope));
}
