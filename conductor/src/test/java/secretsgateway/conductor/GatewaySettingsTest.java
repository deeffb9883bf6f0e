package secretsgateway.conductor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewaySettingsTest {

    private static GatewaySettings read(Map<String, String> settings) {
        return GatewaySettings.read(name -> settings.get(name.substring(GatewaySettings.PREFIX.length())));
    }

    @Test
    @DisplayName("The module reads the secret of the access key from a file again after the file changes")
    void file(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "first\n");
        GatewaySettings settings =
                read(Map.of("url", "http://localhost:8080/api/", "key-id", "id", "key-secret-file", file.toString()));
        assertEquals("http://localhost:8080/api", settings.url().toString());
        assertEquals("first", settings.currentKeySecret());
        Files.writeString(file, "second");
        assertEquals("second", settings.currentKeySecret());
    }

    @Test
    @DisplayName("One error lists all invalid settings of the module")
    void invalid() {
        StartRefused refused = assertThrows(StartRefused.class, () -> read(Map.of("url", "ftp://host/api")));
        for (String name : new String[] {"url", "key-id", "key-secret-file"})
            assertTrue(refused.getMessage().contains(GatewaySettings.PREFIX + name), name);
    }

    @Test
    @DisplayName("The text of the settings object does not contain the secret of the access key")
    void text() {
        GatewaySettings settings = read(Map.of("url", "https://h/api", "key-id", "id", "key-secret", "hidden"));
        assertFalse(settings.toString().contains("hidden"));
    }
}
