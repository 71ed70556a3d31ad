/** Bounds on one document. Real rules stay below a hundredth of them. */
export const yamlLimits = { depth: 32, nodes: 50_000, bytes: 1 << 20 } as const;
