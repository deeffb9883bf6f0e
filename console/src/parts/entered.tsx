import { Button, Group, Modal } from '@mantine/core';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';

const ReportEntered = createContext<((entered: boolean) => void) | undefined>(undefined);

/** Reports to the dialog around the component whether closing the dialog would discard input. */
export function useEntered(entered: boolean): void {
  const report = useContext(ReportEntered);
  useEffect(() => {
    report?.(entered);
    return () => report?.(false);
  }, [report, entered]);
}

/**
 * Closes a dialog. If a form in `within` has input, the user must confirm first. A second attempt to close during this confirmation keeps
 * the dialog open.
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
      {/* Escape is handled only by the dialog under this confirmation. If both dialogs handled Escape, one press would open the confirmation and close it. */}
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title="Discard what you entered?"
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
