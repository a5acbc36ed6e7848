import { agentAddressOf, controlPlacesOf, readConfig } from './manager-config';

it.each([
  { advertised: '10.0.0.1', listen: '0.0.0.0:2378', address: '10.0.0.1:2378', host: '10.0.0.1' },
  { advertised: 'fd00::1', listen: '[::]:2378', address: '[fd00::1]:2378', host: 'fd00::1' },
  { advertised: '[fd00::1]', listen: '[::]:2399', address: '[fd00::1]:2399', host: 'fd00::1' },
  { advertised: 'manager.example', listen: '[::]:2378', address: 'manager.example:2378', host: 'manager.example' },
])('announces $address for $advertised, and protects it', ({ advertised, listen, address, host }) => {
  const config = readConfig(['node', 'manager', '--advertise-addr', advertised, '--agent-listen', listen]);
  expect(agentAddressOf(config)).toBe(address);
  expect(controlPlacesOf(config)).toContainEqual(expect.objectContaining({ host, isOpenToUsers: false }));
});
