package secretsgateway.conductor;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Compares JSON before and after masking. A place is a list of JSON field names and indexes. */
final class MaskedPlaces {

    static final String MASK = "***";

    private MaskedPlaces() {}

    /** Returns the places where masking inserted {@code ***}. */
    static List<List<String>> changed(JsonNode before, JsonNode after) {
        List<List<String>> places = new ArrayList<>();
        compare(before, after, List.of(), places);
        return places;
    }

    private static void compare(JsonNode before, JsonNode after, List<String> place, List<List<String>> places) {
        if (before.isObject() && after.isObject()) {
            before.fieldNames().forEachRemaining(name -> {
                if (after.has(name)) compare(before.get(name), after.get(name), child(place, name), places);
            });
            // Masking changes a JSON field name that contains a sensitive value.
            boolean isRenamed = before.size() != after.size();
            for (var names = before.fieldNames(); !isRenamed && names.hasNext(); ) isRenamed = !after.has(names.next());
            if (isRenamed) places.add(place);
        } else if (before.isArray() && after.isArray() && before.size() == after.size()) {
            for (int i = 0; i < before.size(); i++)
                compare(before.get(i), after.get(i), child(place, String.valueOf(i)), places);
        } else if (!before.equals(after) && (before.isContainerNode() || after.isContainerNode() || isMasked(after))) {
            places.add(place);
        }
    }

    private static boolean isMasked(JsonNode node) {
        return node.isTextual() && node.textValue().contains(MASK);
    }

    /** Returns the places of all strings in a value that contain {@code ***}. */
    static List<List<String>> in(Object value) {
        List<List<String>> places = new ArrayList<>();
        collect(value, List.of(), places);
        return places;
    }

    private static void collect(Object value, List<String> place, List<List<String>> places) {
        if (value instanceof String text && text.contains(MASK)) places.add(place);
        if (value instanceof Map<?, ?> map)
            map.forEach((name, part) -> {
                if (String.valueOf(name).contains(MASK)) places.add(place);
                collect(part, child(place, String.valueOf(name)), places);
            });
        if (value instanceof Collection<?> list) each(list, (i, part) -> collect(part, child(place, i), places));
    }

    /** Whether a value still has {@code ***} at a place or below the place. A new value can have replaced the masked value. */
    static boolean isStillMasked(Object value, List<String> place) {
        Object found = value;
        for (String name : place) {
            if (found instanceof Map<?, ?> map) found = map.get(name);
            else if (found instanceof List<?> list) found = item(list, name);
            else return false;
        }
        return !in(found).isEmpty();
    }

    private static Object item(List<?> list, String index) {
        try {
            int at = Integer.parseInt(index);
            return at < list.size() ? list.get(at) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static void each(Collection<?> list, BiConsumer<String, Object> action) {
        int i = 0;
        for (Object item : list) action.accept(String.valueOf(i++), item);
    }

    static List<String> child(List<String> place, String name) {
        List<String> child = new ArrayList<>(place);
        child.add(name);
        return child;
    }
}
