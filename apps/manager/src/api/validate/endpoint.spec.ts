import { EndpointSpec, Service } from '#common/proto';
import { validatePortsAreFree } from './endpoint';

const endpoint = (port: number, mode = '', protocol = ''): EndpointSpec =>
  EndpointSpec.fromPartial({ ports: [{ targetPort: 80, publishedPort: port, publishMode: mode, protocol }] });

const web = (spec: EndpointSpec): Service => Service.fromPartial({ id: 'idofweb', spec: { name: 'web', endpointSpec: spec } });

const takenAsIngress =
  "rpc error: code = InvalidArgument desc = port '8080' is already in use by service 'web' (idofweb) as an ingress port";
const takenOnHosts =
  "rpc error: code = InvalidArgument desc = port '8080' is already in use by service 'web' (idofweb) as a host-published port";

describe('a published port', () => {
  it.each([
    ['twice over ingress', endpoint(8080), endpoint(8080, 'ingress'), takenAsIngress],
    ['on hosts beside ingress', endpoint(8080, 'host'), endpoint(8080), takenAsIngress],
    ['over ingress beside hosts', endpoint(8080), endpoint(8080, 'host'), takenOnHosts],
    ['with the protocol spelt out', endpoint(8080, '', 'TCP'), endpoint(8080), takenAsIngress],
  ])('cannot be used %s', (_how, wanted, taken, message) => {
    expect(() => validatePortsAreFree(wanted, () => [web(taken)])).toThrow(message);
  });

  it.each([
    ['on hosts by two services', endpoint(8080, 'host'), endpoint(8080, 'host')],
    ['with another protocol', endpoint(8080, '', 'udp'), endpoint(8080)],
    ['that is still to be chosen', endpoint(0), endpoint(0)],
    ['that is another one', endpoint(8081), endpoint(8080)],
  ])('can be used %s', (_how, wanted, taken) => {
    expect(() => validatePortsAreFree(wanted, () => [web(taken)])).not.toThrow();
  });

  it('is not looked for when the service publishes nothing', () => {
    const others = jest.fn(() => []);
    validatePortsAreFree(undefined, others);
    expect(others).not.toHaveBeenCalled();
  });
});
