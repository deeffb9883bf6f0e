// Caches the data that pages show. The cache never contains a secret value. Components fetch secret values outside the cache, and keep a
// secret value only while the value is visible.
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
      // A mutation that cannot be sent fails at once. The console does not queue mutations.
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

/** A cached query. With `enabled: false`, nothing is fetched. */
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

/** Rows of a list that is fetched page by page. */
export interface Pages<Row> {
  rows: readonly Row[];
  /** Whether no answer has arrived yet. */
  loading: boolean;
  /** Whether the rows still belong to the previous variables, while the rows for the new variables load. */
  outdated: boolean;
  loadingMore: boolean;
  hasMore: boolean;
  loadMore(): void;
  problem: unknown;
  retry(): void;
}

const ROWS = 100;

/** A paged list. `pick` returns the connection in the answer. `pick` must be the same function on each render. */
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
  // When the user leaves a long list, only its first pages stay cached, so that the list opens at its top again.
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

/** A mutation for callers that ignore the type of its result. */
export type Change = Pick<UseMutationResult, 'isPending' | 'error' | 'reset'>;

/**
 * A mutation. After success the console refetches the data that pages show. In long lists, rows whose id is in the answer are updated in
 * place. `drops` returns the ids of removed rows. `restarts` names lists that are loaded again from their first page. `filledIn: false`:
 * the mutation belongs to a button, not to a form. `as` returns the session to use; by default the current session.
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
    // The variables are removed when the component unmounts, because they may contain a secret value.
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

/** All objects with an id in an answer, at any depth. */
function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(nodesIn);
  return 'id' in value && typeof value.id === 'string' ? [value as Node, ...inner] : inner;
}
