import { Box, Button, Center, Loader, Skeleton, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Words } from '../api/problem.ts';
import type { Pages } from '../api/queries.ts';
import classes from './paged-table.module.css';
import { ProblemAlert } from './problem-alert.tsx';

export interface Column<Row> {
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Any CSS width; the rest is shared. */
  width?: string;
  /** `wide`: not on a phone. */
  on?: 'wide';
  /** `ascending` or `descending` where the list is ordered by it. */
  sorted?: 'ascending' | 'descending' | undefined;
  align?: 'right';
}

/**
 * A list as a table that asks for its next page as one scrolls to its end. Only the rows that are near the window stand in the page, however many there
 * are.
 */
export function PagedTable<Row>({
  caption,
  columns,
  pages,
  rowKey,
  empty,
  words,
}: {
  /** What the table is of, for who does not see it. */
  caption: string;
  columns: readonly Column<Row>[];
  pages: Pages<Row>;
  rowKey: (row: Row) => string;
  /** What stands there where there is no row. */
  empty: ReactNode;
  /** What is said of a code instead of what is always said. */
  words?: Record<string, Words>;
}) {
  const { rows, loading, outdated, hasMore, loadMore, loadingMore, problem, retry } = pages;
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => 53,
    overscan: 10,
    scrollMargin: top,
    getItemKey: (index) => rowKey(rows[index] as Row),
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? -1;

  // Where the table begins changes with what stands above it.
  useEffect(() => {
    const place = () => setTop(body.current?.offsetParent ? body.current.getBoundingClientRect().top + scrollY : 0);
    place();
    const watch = new ResizeObserver(place);
    watch.observe(document.body);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (last >= rows.length - 20 && problem == null) loadMore();
  });

  // A page may be empty while more follow.
  if (loading || (rows.length === 0 && hasMore && problem == null))
    return (
      <Stack gap="xs" aria-busy="true">
        <VisuallyHidden role="status">Loading {caption}</VisuallyHidden>
        {[1, 2, 3, 4, 5].map((n) => (
          <Skeleton key={n} height={40} />
        ))}
      </Stack>
    );
  if (rows.length === 0) {
    if (problem != null) return <ProblemAlert problem={problem} onRetry={retry} {...(words && { words })} />;
    return <Box aria-live="polite">{empty}</Box>;
  }
  const before = (shown[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((shown.at(-1)?.end ?? top) - top);
  return (
    <>
      <Table
        className={classes.table}
        layout="fixed"
        verticalSpacing="sm"
        highlightOnHover
        aria-busy={outdated}
        aria-rowcount={hasMore ? -1 : rows.length + 1}
        data-outdated={outdated || undefined}
      >
        <caption className={classes.caption}>{caption}</caption>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ key, header, width, on, sorted, align }) => (
              <Table.Th key={key} scope="col" w={width} data-on={on} aria-sort={sorted} ta={align}>
                {header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody ref={body}>
          {before > 0 && <Gap height={before} />}
          {shown.map(({ index, key }) => {
            const row = rows[index] as Row;
            return (
              <Table.Tr key={key} ref={virtual.measureElement} data-index={index} aria-rowindex={index + 2}>
                {columns.map(({ key: column, cell, on, align }) => (
                  <Table.Td key={column} data-on={on} ta={align} className={classes.cell}>
                    {cell(row)}
                  </Table.Td>
                ))}
              </Table.Tr>
            );
          })}
          {after > 0 && <Gap height={after} />}
        </Table.Tbody>
      </Table>
      {loadingMore && (
        <Center p="sm">
          <Loader size="sm" aria-label="Loading more" />
        </Center>
      )}
      {problem != null && <ProblemAlert problem={problem} onRetry={retry} />}
      {hasMore && !loadingMore && problem == null && (
        <Center p="sm">
          <Button variant="subtle" size="xs" onClick={loadMore}>
            Show more
          </Button>
        </Center>
      )}
      {!hasMore && rows.length > 20 && (
        <Text size="xs" c="dimmed" ta="center" p="sm">
          End of list
        </Text>
      )}
    </>
  );
}

/** Stands for rows that are far from the window. Of one cell: columns that do not show here would take their part of the width. */
function Gap({ height }: { height: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused
    <tr aria-hidden="true">
      <td className={classes.gap} style={{ height }} />
    </tr>
  );
}
