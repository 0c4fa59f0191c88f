"""Personal values in memory: usable, and silent wherever one is printed by accident (SAFETY, N5 to N9)."""

from __future__ import annotations

from typing import Any, Final, Generic, Never, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, SerializationInfo
from pydantic_core import core_schema

T = TypeVar("T")

_REVEAL: Final = object()
_SHOWN: Final = "Masked(***)"


class Masked(Generic[T]):
    """Holds one personal value. `reveal()` is the only way out.

    `str`, `repr`, `format`, JSON and pickle never show it: the first three say it is masked, the others refuse, so that
    neither a log line nor a mask stored in its place goes unnoticed. As a pydantic field it validates `T`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value. Search for callers of this to see where personal data goes."""
        return self._value

    def __repr__(self) -> str:
        return _SHOWN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash((Masked, self._value))

    def __reduce_ex__(self, _: object) -> Never:
        raise TypeError("a masked value is not pickled")

    def __copy__(self) -> Masked[T]:
        return self

    def __deepcopy__(self, _: object) -> Masked[T]:
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        inner = handler.generate_schema((get_args(source) or (Any,))[0])
        validated = core_schema.no_info_after_validator_function(cls, inner)
        return core_schema.json_or_python_schema(
            json_schema=validated,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), validated]),
            serialization=core_schema.plain_serializer_function_ser_schema(_serialize, info_arg=True),
        )


class PersonalModel(BaseModel):
    """Base of models that hold personal values: a validation error does not quote its input."""

    model_config = ConfigDict(hide_input_in_errors=True)


def reveal_json(model: BaseModel) -> bytes:
    """Return a model as JSON with its masked values revealed: for what is sealed or answered next, nothing else."""
    return model.model_dump_json(context={"masked": _REVEAL}).encode()


def reveal_dict(model: BaseModel) -> dict[str, Any]:
    """Return a model as a JSON-ready dict with its masked values revealed."""
    return model.model_dump(mode="json", context={"masked": _REVEAL})


def _serialize(masked: Masked[Any], info: SerializationInfo) -> Any:
    context = info.context
    if isinstance(context, dict) and context.get("masked") is _REVEAL:
        return masked.reveal()
    if info.mode == "json":
        raise TypeError("a masked value is not serialised: use reveal_json")
    return masked
