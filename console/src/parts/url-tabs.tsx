import { Tabs } from '@mantine/core';
import type { IconPencil } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useUrlState } from './url-state.ts';

interface Tab {
  name: string;
  icon?: typeof IconPencil;
  panel: ReactNode;
}

/** Tabs on a page. The URL contains the name of the selected tab. Without a tab name in the URL, the first tab is selected. */
export function UrlTabs({ label, tabs }: { label: string; tabs: Record<string, Tab> }) {
  const [first = ''] = Object.keys(tabs);
  const [{ tab }, change] = useUrlState({ tab: first });
  return (
    <Tabs
      value={Object.hasOwn(tabs, tab) ? tab : first}
      onChange={(next) => change({ tab: next ?? first })}
      keepMounted={false}
    >
      <Tabs.List mb="md" aria-label={label}>
        {Object.entries(tabs).map(([key, { name, icon: Icon }]) => (
          <Tabs.Tab key={key} value={key} leftSection={Icon && <Icon size={16} stroke={1.5} aria-hidden />}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {Object.entries(tabs).map(([key, { panel }]) => (
        <Tabs.Panel key={key} value={key}>
          {panel}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
