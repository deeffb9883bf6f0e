import { Fragment, type ReactNode } from 'react';
import classes from './facts.module.css';

/** What is known of a thing, by name. What is undefined does not show. */
export function Facts({ facts }: { facts: Record<string, ReactNode> }) {
  return (
    <dl className={classes.facts}>
      {Object.entries(facts)
        .filter(([, fact]) => fact !== undefined)
        .map(([name, fact]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </Fragment>
        ))}
    </dl>
  );
}
