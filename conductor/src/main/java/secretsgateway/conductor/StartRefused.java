package secretsgateway.conductor;

import java.util.List;

/** The engine must not start with this module. The message lists every reason. */
final class StartRefused extends RuntimeException {

    StartRefused(List<String> reasons) {
        super(String.join(System.lineSeparator(), reasons));
    }
}
