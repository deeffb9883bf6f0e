import { ActionIcon, AppShell, Burger, Button, Group, Menu, Text, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCopy, IconLogout, IconMoon, IconSun, IconUserCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { copy } from '../parts/copy.ts';
import { type Session, session } from '../session/session.ts';
import { SessionWatch } from '../session/session-watch.tsx';
import { useViewer } from '../session/viewer.ts';
import classes from './frame.module.css';
import { useKeptFocus } from './kept-focus.ts';
import key from './key.svg';
import { Navigation } from './navigation.tsx';

/** The header and the navigation, which are the same on every page. */
export function Frame({ current, ended, children }: { current: Session; ended: boolean; children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure();
  useKeptFocus();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 230, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="md"
    >
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? 'Close navigation' : 'Open navigation'}
              aria-expanded={opened}
            />
            <Link href="/secrets" className={classes.home}>
              <img src={key} width={26} height={26} alt="" />
              <Text fw={600} span className={classes.name}>
                Secrets gateway
              </Text>
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SchemeSwitch />
            <Account />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" component="nav" aria-label="Main" className={classes.navigation} data-open={opened}>
        <Navigation onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.content}>
        <SessionWatch current={current} ended={ended} />
        {children}
      </AppShell.Main>
    </AppShell>
  );
}

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark = colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={dark ? 'Use light colours' : 'Use dark colours'}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      {dark ? <IconSun size={18} stroke={1.5} /> : <IconMoon size={18} stroke={1.5} />}
    </ActionIcon>
  );
}

function Account() {
  const { id, name, username, roles } = useViewer();
  return (
    <Menu position="bottom-end" width={220} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button variant="default" px="xs" aria-label={`Account of ${username}`}>
          <IconUserCircle size={18} stroke={1.5} aria-hidden />
          <Text size="sm" truncate maw={140} ml={6} visibleFrom="sm">
            {username}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {name}
          <br />
          {roles.size === 0 ? 'No roles' : [...roles].join(', ')}
        </Menu.Label>
        <Menu.Item leftSection={<IconCopy size={16} stroke={1.5} />} onClick={() => void copy(id)}>
          Copy your ID
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.5} />} onClick={() => session.end()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
