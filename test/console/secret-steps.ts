// Steps of walks that have to do with secrets themselves.
import type { Page } from 'playwright-core';
import { tagInput, type World } from '../support/world.ts';

/** Adds a secret as whoever is signed in before `page`. Through the API for now. */
export async function addSecret(
  _page: Page,
  w: World,
  { name, value, tags = [] }: { name: string; value: string; tags?: string[] },
): Promise<void> {
  await w.admin.get('mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }', {
    i: { name, value, tags: tags.map(tagInput) },
  });
}

/** What somebody is shown of a secret in the list before `page` once they ask for its value. Through the API for now. */
export async function shownValue(
  _page: Page,
  w: World,
  { username, password, name }: { username: string; password: string; name: string },
): Promise<string | null> {
  return w.reveal(await w.signIn(username, password), name);
}
