import { Button, Group, Modal } from '@mantine/core';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';

const ReportEntered = createContext<((entered: boolean) => void) | undefined>(undefined);

/** A form in a dialog calls this hook. If `entered` is true, the form contains input that the user would lose by closing the dialog. */
export function useEntered(entered: boolean): void {
  const report = useContext(ReportEntered);
  useEffect(() => {
    report?.(entered);
    return () => report?.(false);
  }, [report, entered]);
}

/**
 * Returns a function `close` that closes a dialog. If a form in the dialog contains input, `close` first asks the user for a confirmation.
 * If `close` is called during the confirmation, the dialog stays open.
 */
export function useAskedClose(onClose: () => void): {
  close: () => void;
  within: (children: ReactNode) => ReactNode;
} {
  const entered = useRef(false);
  const [report] = useState(() => (now: boolean) => {
    entered.current = now;
  });
  const [asking, setAsking] = useState(false);
  const close = () => {
    if (asking) setAsking(false);
    else if (entered.current) setAsking(true);
    else onClose();
  };
  const discard = () => {
    setAsking(false);
    onClose();
  };
  const within = (children: ReactNode) => (
    <ReportEntered value={report}>
      {children}
      {/* The confirmation does not handle the Escape key; the dialog below handles Escape. If both handled Escape, one key press would open the confirmation and close the confirmation again. */}
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title="Discard your input?"
        size="sm"
        centered
        closeOnEscape={false}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
            Keep editing
          </Button>
          <Button color="red" onClick={discard}>
            Discard
          </Button>
        </Group>
      </Modal>
    </ReportEntered>
  );
  return { close, within };
}
