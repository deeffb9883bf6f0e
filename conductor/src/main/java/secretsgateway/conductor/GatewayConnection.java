package secretsgateway.conductor;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Checks that the gateway accepts the access key and serves the paths that the module calls. The engine also starts if the
 * gateway is unavailable. The module then repeats the check, and tasks that need secrets fail until the check succeeds.
 */
final class GatewayConnection implements SmartInitializingSingleton {

    private static final Logger LOGGER = LoggerFactory.getLogger(GatewayConnection.class);
    private static final int PROTOCOL = 1;
    private static final long AGAIN_MS = 5_000;

    private final GatewayClient gateway;
    private final GatewaySettings settings;

    GatewayConnection(GatewayClient gateway, GatewaySettings settings) {
        this.gateway = gateway;
        this.settings = settings;
    }

    @Override
    public void afterSingletonsInstantiated() {
        try {
            checkAndLog();
        } catch (GatewayException.Unavailable e) {
            LOGGER.warn("The secrets gateway at {} does not answer yet. Tasks that need secrets fail.", settings.url());
            Thread.ofPlatform().daemon().name("secrets-gateway-connection").start(this::checkLater);
        }
    }

    /** @throws StartRefused if the gateway does not accept this module; GatewayException.Unavailable */
    static void check(GatewayClient gateway, GatewaySettings settings) {
        String name = "The secrets gateway at " + settings.url();
        try {
            int protocol = gateway.getOnce("/conductor").path("protocol").asInt();
            if (protocol == PROTOCOL) return;
            throw refused(name + " speaks the protocol " + protocol + ". This module expects " + PROTOCOL + ".");
        } catch (GatewayException.Rejected e) {
            throw refused(name + " rejected the access key.");
        } catch (GatewayException.Refused e) {
            throw refused(name + " refused the connection (HTTP " + e.status + "): " + e.getMessage());
        }
    }

    private void checkAndLog() {
        check(gateway, settings);
        LOGGER.info("The secrets gateway at {} resolves the secrets of this engine.", settings.url());
    }

    private void checkLater() {
        while (true) {
            try {
                Thread.sleep(AGAIN_MS);
                checkAndLog();
                return;
            } catch (GatewayException.Unavailable e) {
                LOGGER.warn("The secrets gateway at {} does not answer yet.", settings.url());
            } catch (StartRefused e) {
                LOGGER.error(e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static StartRefused refused(String reason) {
        return new StartRefused(List.of(reason));
    }
}
