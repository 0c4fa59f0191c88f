"""What a receiver is asked for, in one neutral sentence (es): first what it is for, never why she needs it."""

from __future__ import annotations

_BY_TYPE = {
    "JUS-SUNADEP": "Patrocinio y asesoría legal gratuitos",
    "JUS-GESELL": "Entrevista única: evaluar preparación y proponer fecha",
    "JUS-JFAM": "Medidas de protección",
    "JUS-JPAZ": "Medidas de protección",
    "JUS-FFAM": "Protección de niñas, niños y adolescentes",
    "HLT-EMER": "Atención de salud inmediata",
    "HLT-CSMC": "Atención de salud mental comunitaria",
    "HLT-SIS": "Afiliación al seguro de salud",
    "PRO-UPE": "Actuaciones de protección de una niña, niño o adolescente",
    "PRO-UDAVIT": "Asistencia a víctimas y testigos",
    "ACC-TRANSPORT": "Traslado",
    "IDN-RENIEC": "Documento de identidad",
    "LAB-SUNAFIL": "Inspección de un lugar de trabajo",
    "REP-CIVIL": "Seguimiento de la reparación civil",
    "OVS-DEF": "Supervisión",
    "CH-105": "Intervención inmediata",
}
_BY_FAMILY = {
    "SHL": "Alojamiento seguro",
    "PRO": "Atención y protección",
    "JUS": "Actuación del sistema de justicia",
    "HLT": "Atención de salud",
    "PSY": "Acompañamiento psicosocial y legal",
    "ACC": "Interpretación y apoyo de acceso",
    "MIG": "Situación migratoria y protección internacional",
    "LAB": "Inspección laboral",
    "REI": "Reinserción: estudio, trabajo y plan de vida",
    "CH": "Orientación",
}
_OTHERWISE = "Atención solicitada"


def purpose_of(service_type: str) -> str:
    """Return the sentence for a service type."""
    family = service_type.partition("-")[0]
    return _BY_TYPE.get(service_type) or _BY_FAMILY.get(family, _OTHERWISE)
