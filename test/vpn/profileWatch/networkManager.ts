import { type LabMachine, within } from '../tunnels/lab.ts'

const settings = `[main]
auth-polkit=false
dns=none
no-auto-default=*
`

/** charon-nm comes with a list of its own; a kernel may lack ESP: charon has its own. */
const charon = `charon-nm {
  load = random nonce x509 revocation constraints pubkey pkcs1 pkcs8 pem openssl kdf eap-identity eap-tls kernel-libipsec kernel-netlink socket-default
  filelog {
    stderr {
      path = /var/log/charon-nm.log
      default = 1
      flush_line = yes
    }
  }
}
`

/** Plugs the machine in as NetworkManager does, by which it knows of the network. */
const plugIn = `address=$(ip -4 -o address show eth0 | awk '{ print $4 }')
gateway=$(ip route show default | awk '{ print $3 }')
nmcli connection add type ethernet ifname eth0 con-name lan ipv4.method manual ipv4.addresses "$address" ipv4.gateway "$gateway"
for _ in $(seq 20); do nmcli --wait 10 connection up lan && break; sleep 0.5; done`

/** Starts NetworkManager on a machine, on a bus of its own. */
export const startNetworkManager = async (machine: LabMachine): Promise<void> => {
  // It waits for udev where it could be.
  await machine.run('mount -t sysfs -o ro sysfs /sys; mkdir -p /run/dbus')
  await machine.run('cat >/etc/NetworkManager/conf.d/test.conf', settings)
  await machine.run('cat >/etc/strongswan.d/test.conf', charon)
  machine.start('exec dbus-daemon --system --nofork --nopidfile')
  await within(60, async () => (await machine.attempt('test -S /run/dbus/system_bus_socket')).code === 0)
  machine.start('exec NetworkManager --debug')
  await within(60, async () => (await machine.attempt('nmcli general status')).code === 0)
  await machine.run(plugIn)
}
