"""What is assessed: rows and their parts, trainers, models and digests; everything is loaded when it is first used."""

from importlib import import_module

_PUBLIC = {
    "Column": "dictionary",
    "Dictionary": "dictionary",
    "infer": "dictionary",
    "read_dictionary": "dictionary",
    "Rows": "rows",
    "PARTS": "contract",
    "Model": "contract",
    "Subject": "contract",
    "Trainer": "contract",
    "Variant": "contract",
    "LICENCES": "datasets",
    "load_builtin": "datasets",
    "read_table": "tables",
    "split_by_person": "split",
    "build_subject": "build",
    "TableEncoder": "encoding",
    "EstimatorTrainer": "trainers",
    "FactoryTrainer": "trainers",
    "SklearnTrainer": "trainers",
    "as_trainer": "trainers",
    "with_params": "trainers",
    "SklearnModel": "models",
    "load_model": "models",
    "load_saved": "models",
    "save_model": "models",
    "content_digest": "digests",
    "controller_secret": "digests",
    "keyed_digest": "digests",
}

__all__ = list(_PUBLIC)


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(f"privnb.subject.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'privnb.subject' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
