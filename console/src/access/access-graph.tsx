// Draws a graph of the principals that have access to a secret, and of their access paths. A screen reader reads the graph as one image,
// because the table next to the graph contains the same data.
import { Box, Group, Text } from '@mantine/core';
import {
  IconApps,
  IconKey,
  IconKeyFilled,
  IconShieldCheck,
  IconTag,
  IconUser,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react';
import { type ComponentType, useMemo, useState } from 'react';
import type { Access } from '../generated/operations.ts';
import { everyAccess } from '../parts/access-names.ts';
import classes from './access-graph.module.css';
import { type GraphEdge, layoutOf, lettersIn, NODE, type NodeKind, summaryOf, traced } from './access-graph-layout.ts';
import type { Reaching } from './fold-alike.ts';

const ICONS: Record<
  NodeKind,
  ComponentType<{ x?: number; y?: number; size?: number; 'aria-hidden'?: boolean; className?: string | undefined }>
> = {
  user: IconUser,
  application: IconApps,
  several: IconUsers,
  group: IconUsersGroup,
  tag: IconTag,
  role: IconShieldCheck,
  name: IconKey,
  secret: IconKeyFilled,
};

const LETTERS: Record<Access, string> = { READ: 'R', UPDATE: 'U', CREATE: 'C', EXECUTE: 'E', DELETE: 'D' };
const NAMED = 12;

export function AccessGraph({
  secret,
  reaching,
  more,
}: {
  secret: string;
  reaching: readonly Reaching[];
  /** True if further principals, which the graph does not show, have access to the secret. */
  more: boolean;
}) {
  const graph = useMemo(() => layoutOf(secret, reaching, more), [secret, reaching, more]);
  const [pointed, setPointed] = useState<string>();
  const near = useMemo(() => traced(graph, pointed), [graph, pointed]);
  const faint = (id: string) => (near.has(id) ? undefined : classes.faint);
  if (graph.principals === 0) return null;
  return (
    <Box component="figure" m={0}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region needs keyboard scrolling */}
      <section className={classes.scroll} tabIndex={0} aria-label="Access graph">
        <svg
          className={classes.picture}
          role="img"
          aria-label={summaryOf(secret, graph)}
          width={graph.width}
          height={graph.height}
          viewBox={`0 0 ${graph.width} ${graph.height}`}
        >
          {graph.columns.map(({ title, x }) => (
            <text key={title} className={classes.title} x={x} y={14}>
              {title}
            </text>
          ))}
          {graph.edges.map(({ id, kind, line }) => (
            <path key={id} className={`${classes.line} ${faint(id) ?? ''}`} data-kind={kind} d={line} />
          ))}
          {graph.edges.map((edge) => (
            <EdgeLabel key={edge.id} edge={edge} className={faint(edge.id)} />
          ))}
          {graph.nodes.map(({ id, kind, label, x, y, width, names }) => {
            const Icon = ICONS[kind];
            return (
              <g
                key={id}
                className={`${classes.node} ${faint(id) ?? ''}`}
                data-kind={kind}
                onPointerEnter={() => setPointed(id)}
                onPointerLeave={() => setPointed(undefined)}
              >
                <title>{names === undefined ? label : `${label}: ${firstOf(names)}`}</title>
                <rect className={classes.box} x={x} y={y} width={width} height={NODE.height} rx={6} />
                <Icon className={classes.icon} x={x + 7} y={y + 6} size={14} aria-hidden />
                <text className={classes.label} x={x + 27} y={y + NODE.height / 2 + 4}>
                  {cut(label, lettersIn(width))}
                </text>
              </g>
            );
          })}
        </svg>
      </section>
      <Box component="figcaption" mt={6}>
        <Group gap="xs" c="dimmed" fz="xs">
          <Sample kind="member">is a member of</Sample>
          <Sample kind="grant">has access through</Sample>
          {everyAccess.map((one) => (
            <span key={one}>
              <Text span inherit fw={700}>
                {LETTERS[one]}
              </Text>{' '}
              {one}
            </span>
          ))}
          <Sample kind="carries">applies to the secret</Sample>
        </Group>
        {(more || reaching.length > graph.principals) && (
          <Text size="xs" c="dimmed" mt={4}>
            The graph shows {graph.principals} principals. The table lists all of them.
          </Text>
        )}
      </Box>
    </Box>
  );
}

const cut = (label: string, most: number): string => (label.length > most ? `${label.slice(0, most - 1)}…` : label);

const firstOf = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} others` : names.join(', ');

function EdgeLabel({ edge: { access, labelAt }, className }: { edge: GraphEdge; className: string | undefined }) {
  if (access.length === 0) return null;
  return (
    <text className={`${classes.edgeLabel} ${className ?? ''}`} x={labelAt.x} y={labelAt.y + 4} textAnchor="middle">
      {access.length === everyAccess.length ? 'all' : access.map((one) => LETTERS[one]).join(' ')}
    </text>
  );
}

function Sample({ kind, children }: { kind: GraphEdge['kind']; children: string }) {
  return (
    <span className={classes.sample}>
      <svg width={26} height={8} aria-hidden="true">
        <path className={classes.line} data-kind={kind} d="M1 4L25 4" />
      </svg>
      {children}
    </span>
  );
}
