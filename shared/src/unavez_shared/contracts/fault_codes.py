"""What each code at a pointer means and what to do about it: data of `docs/errors.md`. Spanish first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FAULT_CODES: Final[Mapping[str, tuple[str, str]]] = {
    "above_maximum": (
        "Hay más plazas libres que el máximo. Corrija `available` o `maximum`.",
        "More places are free than the maximum. Correct `available` or `maximum`.",
    ),
    "above_maximum_age": (
        "La edad mínima supera a la máxima. Corrija una de las dos.",
        "The minimum age is above the maximum. Correct one of them.",
    ),
    "address_not_allowed": (
        "El endpoint lleva a una dirección a la que no se envía. Use una dirección pública.",
        "The endpoint leads to an address nothing is sent to. Use a public one.",
    ),
    "age_required": (
        "Falta la edad. Envíe `age`, `age_doubt`, `is_minor` o la fecha de nacimiento.",
        "The age is missing. Send `age`, `age_doubt`, `is_minor` or the date of birth.",
    ),
    "channel_unavailable": (
        "Esta instalación no ofrece ese canal. Use `webhook`, o lea la bandeja.",
        "This installation does not offer that channel. Use `webhook`, or read the feed.",
    ),
    "channel_unsafe": (
        "Ese canal puede revelar un lugar reservado. Lea la bandeja con su token.",
        "That channel could give away a hidden place. Read the feed with your token.",
    ),
    "confidential_place_shared": (
        "El local de un servicio reservado no puede ser también de uno público. Registre otro local.",
        "The place of a confidential service cannot be a public one's too. Enter another location.",
    ),
    "duplicate_id": (
        "El mismo `id` aparece dos veces en la lista. Deje uno.",
        "The same `id` stands twice in the list. Keep one.",
    ),
    "duplicate_key": (
        "Un objeto dice dos veces el mismo nombre. Envíe cada nombre una vez.",
        "An object has the same name twice. Send each name once.",
    ),
    "fictional_mismatch": (
        "Los archivos se contradicen: unos son ficticios y otros no. Impórtelos por separado.",
        "The files disagree: some are fictional, some are not. Import them separately.",
    ),
    "front_door_of_public_service": (
        "Un servicio público responde por sí mismo. Ponga su propia organización como puerta de entrada.",
        "A public service answers for itself. Name its own organization as front door.",
    ),
    "https_required": (
        "El endpoint tiene que ser `https`. Use una dirección con TLS.",
        "The endpoint has to be `https`. Use an address with TLS.",
    ),
    "immutable_field": (
        "Este campo no cambia. Elimine la suscripción y cree otra; `allowed` dice qué sí cambia.",
        "This field does not change. Delete the subscription and make another; `allowed` says what does change.",
    ),
    "in_future": (
        "La fecha u hora todavía no llega. Revise el reloj del equipo o el dato.",
        "The date or time has not come yet. Check the device's clock, or the entry.",
    ),
    "invalid": (
        "El valor no sirve en este lugar. Vea su descripción en OpenAPI.",
        "The value does not do here. See its description in OpenAPI.",
    ),
    "invalid_cursor": (
        "El cursor no es uno que esta lista haya dado. Empiece sin cursor.",
        "The cursor is none this list gave. Begin without one.",
    ),
    "invalid_date": (
        "No es una fecha u hora que exista (RFC 3339, 1900-2199). Escriba `2026-03-01` o `2026-03-01T10:00:00-05:00`.",
        "Not a date or time there is (RFC 3339, 1900 to 2199). Write `2026-03-01` or `2026-03-01T10:00:00-05:00`.",
    ),
    "invalid_format": (
        "El texto no tiene la forma pedida. Vea `pattern` en OpenAPI.",
        "The text does not have the form asked for. See `pattern` in OpenAPI.",
    ),
    "invalid_text": (
        "El texto contiene un carácter que no se puede guardar (NUL). Quítelo.",
        "The text holds a character that cannot be kept (NUL). Take it out.",
    ),
    "invalid_url": (
        "El endpoint no es una URL completa, o lleva usuario o contraseña. Corríjala.",
        "The endpoint is no complete URL, or holds a user or password. Correct it.",
    ),
    "invalid_uuid": ("No es un UUID. Envíe el que recibió.", "Not a UUID. Send the one you were given."),
    "location_of_another_organization": (
        "El local es de otra organización. Nombre uno de la organización del servicio.",
        "The location belongs to another organization. Name one of the service's own.",
    ),
    "malformed_json": (
        "El cuerpo no es JSON, o está anidado sin fin o lleva números fuera de rango. Revise cómo se genera.",
        "The body is not JSON, or is nested without end or holds numbers out of range. Check how it is written.",
    ),
    "no_phone": (
        "Se dice cuándo se verificó el teléfono, pero no hay teléfono. Agréguelo o quite la fecha.",
        "It says when the telephone was verified, but there is none. Add it or drop the date.",
    ),
    "not_after_given_at": (
        "El consentimiento termina antes de empezar. Corrija `expires_at` o `given_at`.",
        "The consent ends before it begins. Correct `expires_at` or `given_at`.",
    ),
    "not_allowed": ("Este valor no se admite aquí. Envíe `true`.", "This value is not allowed here. Send `true`."),
    "not_canonical": (
        "El documento lleva un número o un texto sin forma única. Envíe números de hasta 2^53 y texto UTF-8.",
        "The document holds a number or text without one form. Send numbers up to 2^53 and UTF-8 text.",
    ),
    "offset_required": (
        "A la hora le falta la zona. Agregue `-05:00` o `Z`.",
        "The time lacks its offset. Add `-05:00` or `Z`.",
    ),
    "out_of_range": (
        "El número o la fecha está fuera de los límites. Vea `minimum` y `maximum` en OpenAPI.",
        "The number or date is outside its limits. See `minimum` and `maximum` in OpenAPI.",
    ),
    "receiver_required": (
        "El consentimiento no dice para quién es. Agregue `service_type` u `organization_id`.",
        "The consent does not say for whom it is. Add `service_type` or `organization_id`.",
    ),
    "required": ("Falta este dato. Envíelo.", "This is missing. Send it."),
    "same_person": (
        "Quien confirma por segunda vez es la misma persona. Nombre a otra.",
        "Who confirms a second time is the same person. Name another.",
    ),
    "tier_too_open": (
        "Un alojamiento nunca es público. Use `named` o `hidden`.",
        "A lodging is never public. Use `named` or `hidden`.",
    ),
    "too_few": ("La lista tiene muy pocos elementos. Vea `minItems`.", "The list is too short. See `minItems`."),
    "too_long": ("El texto o la lista es demasiado larga. Acórtela.", "The text or list is too long. Shorten it."),
    "too_many": (
        "Hay demasiados elementos. Envíe menos, o en varias partes.",
        "There are too many entries. Send fewer, or in several parts.",
    ),
    "too_many_faults": (
        "Hay demasiados errores para enumerarlos. Revise cómo se genera el cuerpo.",
        "There are too many faults to list. Check how the body is written.",
    ),
    "too_short": ("El texto es demasiado corto. Complételo u omítalo.", "The text is too short. Complete or omit it."),
    "unknown_code": (
        "El código no está en la lista cerrada. `allowed` trae la lista; si es larga, `vocabulary` dice dónde leerla.",
        "The code is not in the closed list. `allowed` has the list; if it is long, `vocabulary` says where it is.",
    ),
    "unknown_field": (
        "Este objeto (o la consulta) lleva un nombre desconocido, que no se repite. `nearest` propone uno nuestro.",
        "This object (or the query) has an unknown name, which is not repeated. `nearest` proposes one of ours.",
    ),
    "unknown_location": (
        "El local no está en el archivo ni en el directorio. Agréguelo o corrija el `id`.",
        "The location is neither in the file nor in the directory. Add it or correct the `id`.",
    ),
    "unknown_organization": (
        "La organización no está en el archivo ni en el directorio. Agréguela o corrija el `id`.",
        "The organization is neither in the file nor in the directory. Add it or correct the `id`.",
    ),
    "unknown_place": (
        "No es un lugar que exista. Use el UBIGEO de 6 dígitos o, donde se admite, un país (ISO 3166-1, 2 letras).",
        "Not a place there is. Use the 6-digit UBIGEO or, where it is taken, a country (ISO 3166-1, 2 letters).",
    ),
    "wrong_type": (
        "El valor es de otro tipo (texto, número, lista…). Vea `type` en OpenAPI.",
        "The value is of another type (text, number, list…). See `type` in OpenAPI.",
    ),
}
