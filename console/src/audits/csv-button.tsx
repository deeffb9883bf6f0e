import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { download } from '../api/ask.ts';
import { wordsFor } from '../api/problem.ts';
import { notify } from '../parts/notify.tsx';
import { saveFile } from './save-file.ts';

/**
 * A button that downloads a report as a CSV file. The file contains all rows, including rows that the page has not loaded. `asked` contains
 * the URL parameters of the report, which docs/audits.md describes. The button omits empty parameters.
 */
export function ReportButton({
  report,
  asked,
  disabled = false,
}: {
  report: 'entries' | 'changes' | 'unused' | 'explain';
  asked: Record<string, string>;
  disabled?: boolean;
}) {
  const path = `/api/reports/access.csv?${new URLSearchParams({
    report,
    ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== '')),
  })}`;
  return <CsvButton disabled={disabled} make={async () => saveFile(await download(path), `access-${report}.csv`)} />;
}

/** A button that creates a CSV file and downloads the file. If the download fails, a notification shows the error. */
export function CsvButton({ make, disabled = false }: { make: () => Promise<void>; disabled?: boolean }) {
  const [busy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    try {
      await make();
    } catch (error) {
      const { title, text } = wordsFor(error);
      notify(`${title}. ${text}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} stroke={1.5} aria-hidden />}
      loading={busy}
      disabled={disabled}
      onClick={() => void act()}
    >
      Download CSV
    </Button>
  );
}
