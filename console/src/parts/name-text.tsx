import { Fragment } from 'react';

/**
 * Shows a name. The browser may break the line after `_`, `-`, `.` and `:`. The line breaks are neither in copied text nor in the text for
 * screen readers.
 */
export function NameText({ children }: { children: string }) {
  return children.split(/(?<=[_\-.:])/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
