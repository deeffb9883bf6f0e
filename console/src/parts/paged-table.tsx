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
  /** Width of the column in any CSS unit. Columns without a width share the remaining width of the table. */
  width?: string;
  /** If `on` is `wide`, the column is hidden on a phone. */
  on?: 'wide';
  /** The sort direction of the table, if the table is sorted by this column; otherwise undefined. */
  sorted?: 'ascending' | 'descending' | undefined;
  align?: 'right';
}

/**
 * A table that loads the next page of rows when the user scrolls near the end of the table. The DOM contains only the rows near the visible
 * part of the table, so that a very long table stays fast.
 */
export function PagedTable<Row>({
  caption,
  columns,
  pages,
  rowKey,
  empty,
  words,
}: {
  /** The accessible name of the table. */
  caption: string;
  columns: readonly Column<Row>[];
  pages: Pages<Row>;
  rowKey: (row: Row) => string;
  /** Content that appears instead of an empty table. */
  empty: ReactNode;
  /** Messages that replace the default error messages, by error code. */
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

  // The component measures the vertical position of the table again, because content above the table may have changed its height.
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

  // A page of rows may be empty although further pages contain rows.
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

/**
 * An empty table row with the height of all rows that are not in the DOM. The empty row has a single cell, because cells for hidden columns
 * would change the widths of the visible columns.
 */
function Gap({ height }: { height: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it contains nothing focusable
    <tr aria-hidden="true">
      <td className={classes.gap} style={{ height }} />
    </tr>
  );
}
