import { expect, it } from 'vitest';
import { createDocumentCache } from './document-cache.ts';

it('forgets the least recently used texts beyond its bound, and never keeps a long one', () => {
  const cache = createDocumentCache<number>({ maxCharacters: 6, maxTextLength: 4 });
  cache.set('aa', 1);
  cache.set('bb', 2);
  cache.set('cc', 3);
  expect(cache.get('aa')).toBe(1);
  cache.set('dd', 4);
  expect(['aa', 'bb', 'cc', 'dd'].map((text) => cache.get(text))).toEqual([1, undefined, 3, 4]);
  cache.set('aa', 5);
  cache.set('toolong', 6);
  expect([cache.get('aa'), cache.get('toolong')]).toEqual([5, undefined]);
  cache.set('wxyz', 7);
  expect(['aa', 'cc', 'dd', 'wxyz'].map((text) => cache.get(text))).toEqual([5, undefined, undefined, 7]);
});
