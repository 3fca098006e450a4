#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "dbstow/core/clock.h"
#include "io/file_system.h"
#include "storage/object_store.h"

namespace dbstow::storage {

/// Objects as files of the same name below a folder, on any file system with hard links and atomic
/// link: local disks, NFS. A key appears only complete: it is written beside its place under a name
/// that no key can have (`~…`), flushed, linked without replacing, and its folder flushed.
///
/// What a killed Put leaves is never listed. It is removed, once an hour old by the file system's
/// own clock, by `RemoveDebris`, which also removes folders that
/// have been empty for an hour, and by the first later Put of
/// some process in that folder; should its writer still be alive after all, it starts over.
///
/// Creates nothing before the first Put. `files` and `random` must outlive it.
[[nodiscard]] std::unique_ptr<ObjectStore> CreateFileObjectStore(io::FileSystem& files,
                                                                 Random& random, std::string root);

/// The folder that a `file:///path` URI names. Errors: InvalidOptions.
[[nodiscard]] Result<std::string> FolderOfUri(std::string_view uri);

}  // namespace dbstow::storage
