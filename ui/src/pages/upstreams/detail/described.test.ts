import { expect, it } from 'vitest';
import { keyOf } from './described';

it('a resource and a template of one name are told apart', () => {
  const of = (definition: object) => keyOf({ name: 'note://{id}', definition: definition as never });
  expect(of({ uri: 'note://{id}' })).not.toBe(of({ uriTemplate: 'note://{id}' }));
});
