import { Fragment } from 'react';

/** A name whose lines may break after `_`, `-`, `.` and `:`. Copied text and screen readers get the name unchanged. */
export function NameText({ children }: { children: string }) {
  return children.split(/(?<=[_\-.:])/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
