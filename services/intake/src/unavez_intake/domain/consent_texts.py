"""What is read out before she consents. A text never changes under its version: a consent names what was read.

A Peruvian lawyer must read these before they are used with real people.
"""

from __future__ import annotations

from collections.abc import Mapping

CURRENT_VERSION = "pe-2026.1"

CONSENT_TEXTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "pe-2026.1": {
        "one_receiver": {
            "es": (
                "Le voy a leer qué información se compartiría y con quién. Usted decide. Puede decir que sí a todo, a "
                "una parte o a nada, y recibirá ayuda igual. Solo esa institución verá solo esos datos, para ayudarla. "
                "Puede cambiar de opinión cuando quiera: dígalo aquí y se cerrará el acceso ese mismo momento. Si no "
                "fija otra fecha, este permiso dura doce meses. Nadie le pedirá volver a contar lo que ya contó."
            ),
            "en": (
                "I will read to you what information would be shared and with whom. You decide. You may say yes to "
                "all, to part or to nothing, and you will be helped all the same. Only that institution will see only "
                "that data, in order to help you. You may change your mind at any time: say so here and access closes "
                "at that moment. Unless you set another date this permission lasts twelve months. Nobody will ask you "
                "to tell again what you have told."
            ),
        },
        "all_proposed": {
            "es": (
                "Aquí está la lista completa: cada institución, qué vería y para qué. Si está de acuerdo con toda la "
                "lista, tal como la ve ahora, dígamelo. Si algo de la lista cambia después, se le preguntará de nuevo. "
                "Su orientación sexual, su identidad de género y su pertenencia a un pueblo no están incluidas: para "
                "eso se le preguntaría aparte."
            ),
            "en": (
                "Here is the whole list: each institution, what it would see and what for. If you agree with the whole "
                "list as you see it now, tell me. If anything on it changes later you will be asked again. Your sexual "
                "orientation, your gender identity and the people you belong to are not included: you would be asked "
                "about those separately."
            ),
        },
        "legal_duty": {
            "es": (
                "Antes de empezar debe saber que hay hechos que la ley me obliga a comunicar, por ejemplo cuando una "
                "niña, un niño o adolescente está en peligro. Si me cuenta algo así, le diré a quién debo avisar y qué "
                "se le dirá, antes de hacerlo. Usted puede no contarlo, o detenerse cuando quiera."
            ),
            "en": (
                "Before we begin you should know that there are facts the law obliges me to pass on, for example when "
                "a child is in danger. If you tell me such a thing I will tell you whom I must inform and what will be "
                "said, before I do it. You may leave it untold, or stop whenever you like."
            ),
        },
        "reporting": {
            "es": (
                "Con su permiso, sin su nombre y mezclado con muchos otros casos, lo que pasó puede contarse en "
                "estadísticas. Si dice que no, nada cambia en la ayuda que recibe."
            ),
            "en": (
                "With your permission, without your name and mixed with many other cases, what happened can be counted "
                "in statistics. If you say no, nothing changes in the help you receive."
            ),
        },
    },
}
"""Version, then text, then language."""
