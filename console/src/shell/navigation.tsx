import { NavLink, Stack, Text } from '@mantine/core';
import {
  IconApps,
  IconFileText,
  IconFlask,
  IconHistory,
  IconKey,
  IconSearch,
  IconTerminal2,
  IconTrash,
  IconUser,
  IconUsersGroup,
  IconZzz,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { Link, useLocation } from 'wouter';
import { readsAll, useViewer, type Viewer } from '../session/viewer.ts';
import classes from './navigation.module.css';
import { settings } from './settings.ts';

interface Place {
  to: string;
  label: string;
  icon: ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: boolean }>;
  /**
   * Returns true for viewers to whom the navigation shows the page. The property is undefined if the navigation shows the page to everyone.
   */
  for?: (viewer: Viewer) => boolean;
}

const SECTIONS: { title: string; places: Place[] }[] = [
  {
    title: 'Secrets',
    places: [
      { to: '/secrets', label: 'Secrets', icon: IconKey },
      { to: '/deleted', label: 'Deleted secrets', icon: IconTrash },
    ],
  },
  {
    title: 'Access control',
    places: [
      { to: '/groups', label: 'Groups', icon: IconUsersGroup },
      { to: '/applications', label: 'Applications', icon: IconApps },
      { to: '/users', label: 'Users', icon: IconUser, for: readsAll },
    ],
  },
  {
    title: 'Audits',
    places: [
      { to: '/audits/access', label: 'Access review', icon: IconSearch },
      { to: '/audits/changes', label: 'Access changes', icon: IconHistory },
      { to: '/audits/simulation', label: 'Simulate', icon: IconFlask },
      { to: '/audits/unused', label: 'Unused permissions', icon: IconZzz, for: readsAll },
      { to: '/audits/log', label: 'Audit log', icon: IconFileText, for: readsAll },
    ],
  },
  {
    title: 'Developers',
    places: settings.explorer ? [{ to: '/explorer', label: 'GraphQL explorer', icon: IconTerminal2 }] : [],
  },
];

export function Navigation({ onGo }: { onGo: () => void }) {
  const [location] = useLocation();
  const viewer = useViewer();
  return (
    <Stack gap="md" pt="xs">
      {SECTIONS.map(({ title, places }) => {
        const mine = places.filter((place) => place.for?.(viewer) ?? true);
        if (mine.length === 0) return null;
        return (
          <div key={title}>
            <Text size="xs" fw={600} c="dimmed" px="sm" pb={4} component="h2">
              {title}
            </Text>
            {mine.map(({ to, label, icon: Icon }) => {
              const active = location === to || location.startsWith(`${to}/`);
              return (
                <NavLink
                  key={to}
                  component={Link}
                  href={to}
                  label={label}
                  leftSection={<Icon size={18} stroke={1.5} aria-hidden />}
                  active={active}
                  className={classes.place}
                  py={6}
                  aria-current={active ? 'page' : undefined}
                  onClick={onGo}
                />
              );
            })}
          </div>
        );
      })}
    </Stack>
  );
}
