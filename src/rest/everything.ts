import { MOST_PER_PAGE, type Page, type PageRequest } from '../primitives/pages.ts';

/** All of a list, page after page, for answers that know no pages. */
export async function everything<Node>(list: (page: PageRequest) => Promise<Page<Node>>): Promise<Node[]> {
  const all: Node[] = [];
  let after: string | null = null;
  do {
    const { nodes, pageInfo }: Page<Node> = await list({ first: MOST_PER_PAGE, after });
    all.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return all;
}
