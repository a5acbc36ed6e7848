import { withoutEngineRules } from './machine-network';

const RULES = `*filter
:INPUT ACCEPT [5:300]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -o swl1br0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i br-0123456789ab -j ACCEPT
-A FORWARD -i swl1br01 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
`;

it('takes away what an engine added to the firewall, and nothing else', () => {
  expect(withoutEngineRules(RULES, { bridge: 'swl1br0', forwardPolicy: 'ACCEPT' })).toBe(`*filter
:INPUT ACCEPT [5:300]
:FORWARD ACCEPT [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
-A FORWARD -i swl1br01 -j ACCEPT
COMMIT
`);
});
