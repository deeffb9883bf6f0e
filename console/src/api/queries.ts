// Queries and mutations with a cache. The cache never contains a secret value. Components fetch secret values without the cache. A
// component stores a secret value only while the component shows the value.
import {
  hashKey,
  type InfiniteData,
  keepPreviousData,
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { type Session, session } from '../session/session.ts';
import { ask } from './ask.ts';
import type { Operation } from './operation.ts';
import { askAgain, FEW_PAGES, isShort, useOutdated } from './outdated.ts';
import { Problem } from './problem.ts';

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        networkMode: 'always',
        refetchOnWindowFocus: true,
        retry: (failures, error) =>
          failures < 2 && error instanceof Problem && (error.code === 'UNREACHABLE' || error.code === 'UNAVAILABLE'),
      },
      // If the console cannot send a mutation, the mutation fails at once. The console does not queue mutations.
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

/** Runs a GraphQL query and caches its result. If `enabled` is false, the query does not run. */
export function useAsk<Result, Variables>(
  operation: Operation<Result, Variables>,
  variables: NoInfer<Variables>,
  options: { enabled?: boolean; refetchInterval?: number | false; keepPrevious?: boolean } = {},
): UseQueryResult<Result> {
  const { keepPrevious = false, ...others } = options;
  return useQuery<Result>({
    queryKey: ['one', operation.name, variables],
    queryFn: ({ signal }) => ask(operation, variables, { signal }),
    ...others,
    ...(keepPrevious && { placeholderData: keepPreviousData as never }),
  });
}

export interface Connection<Row> {
  nodes: readonly Row[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

/** The loaded rows of a paged list. The console fetches one page of rows at a time. */
export interface Pages<Row> {
  rows: readonly Row[];
  /** True until the first page of the list has arrived, or its request has failed. */
  loading: boolean;
  /** True while `rows` still contains the result for the previous query variables, because the new result is loading. */
  outdated: boolean;
  loadingMore: boolean;
  hasMore: boolean;
  loadMore(): void;
  problem: unknown;
  retry(): void;
}

const ROWS = 100;

/**
 * Fetches a paged list. `pick` returns the GraphQL connection in the query result. The caller must pass the same `pick` function on each
 * render.
 */
export function usePages<Result, Variables extends { first?: unknown; after?: unknown }, Row>(
  operation: Operation<Result, Variables>,
  variables: NoInfer<Omit<Variables, 'first' | 'after'>>,
  pick: (result: Result) => Connection<Row>,
  { enabled = true, rows: first = ROWS }: { enabled?: boolean; rows?: number } = {},
): Pages<Row> {
  const client = useQueryClient();
  const queryKey = ['pages', operation.name, variables, first];
  const found = useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam, signal }) =>
      pick(await ask(operation, { ...variables, first, after: pageParam } as unknown as Variables, { signal })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: isShort,
    refetchOnReconnect: isShort,
    enabled,
  });
  // When the user leaves a long list, the console removes all pages except the first pages from the cache. The list then opens at its top
  // again.
  const hash = hashKey(queryKey);
  useEffect(
    () => () => {
      const key = JSON.parse(hash);
      const known = client.getQueryState<InfiniteData<unknown>>(key);
      if (known?.data === undefined || known.data.pages.length <= FEW_PAGES) return;
      const { pages, pageParams } = known.data;
      const begin = { pages: pages.slice(0, FEW_PAGES), pageParams: pageParams.slice(0, FEW_PAGES) };
      client.setQueryData(key, begin, { updatedAt: known.dataUpdatedAt });
    },
    [client, hash],
  );
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage, isPlaceholderData, isPending, error, refetch } = found;
  const rows = useMemo(() => data?.pages.flatMap(({ nodes }) => nodes) ?? [], [data]);
  return {
    rows,
    loading: enabled && isPending,
    outdated: isPlaceholderData,
    loadingMore: isFetchingNextPage,
    hasMore: hasNextPage,
    loadMore: () => {
      if (hasNextPage && !isFetchingNextPage && !isPlaceholderData) void fetchNextPage();
    },
    problem: error,
    retry: () => void refetch(),
  };
}

/** The parts of a mutation that do not depend on the type of its result. */
export type Change = Pick<UseMutationResult, 'isPending' | 'error' | 'reset'>;

/**
 * Runs a GraphQL mutation. After success the console refetches all cached data except long lists. In a long list, the console updates each
 * row whose id is in the result of the mutation. `drops` returns the ids of rows that the mutation removes. `restarts` contains the names
 * of lists that the console loads again from their first page. `filledIn` is false if a button without a form runs the mutation. `as`
 * returns the session for the request. The default is the current session.
 */
export function useChange<Result, Variables>(
  operation: Operation<Result, Variables>,
  {
    drops,
    restarts = [],
    filledIn = true,
    as = session.current,
    onDone,
  }: {
    drops?: (result: Result) => string[];
    restarts?: readonly string[];
    filledIn?: boolean;
    as?: () => Session | undefined;
    onDone?: (result: Result, variables: Variables) => void;
  } = {},
): UseMutationResult<Result, Error, Variables> {
  const client = useQueryClient();
  const change = useMutation<Result, Error, Variables>({
    mutationFn: (variables) => ask(operation, variables, { as: as() }),
    // React Query deletes the variables of the mutation when the component unmounts, because the variables may contain a secret value.
    gcTime: 0,
    onSuccess(result, variables) {
      const changed = new Map(nodesIn(result).map((node) => [node.id, node]));
      const dropped = new Set(drops?.(result));
      client.setQueriesData<InfiniteData<Connection<Partial<Node>>>>({ queryKey: ['pages'] }, (data) =>
        data === undefined ? data : { ...data, pages: data.pages.map((page) => patched(page, changed, dropped)) },
      );
      askAgain(client, restarts);
      onDone?.(result, variables);
    },
  });
  useOutdated(change.error, { filledIn, busy: change.isPending });
  return change;
}

interface Node {
  id: string;
}

function patched(
  page: Connection<Partial<Node>>,
  changed: ReadonlyMap<string, Node>,
  dropped: ReadonlySet<string>,
): Connection<Partial<Node>> {
  if (!page.nodes.some(({ id = '' }) => changed.has(id) || dropped.has(id))) return page;
  const nodes = page.nodes
    .filter(({ id = '' }) => !dropped.has(id))
    .map((row) => ({ ...row, ...changed.get(row.id ?? '') }));
  return { ...page, nodes };
}

/** Returns all objects that have an id in a query result, at any depth. */
function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(nodesIn);
  return 'id' in value && typeof value.id === 'string' ? [value as Node, ...inner] : inner;
}
