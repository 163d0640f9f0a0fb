// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands for device parts, by virtio-adm-owner.
 */
#include "admvf.h"

struct admvf_create {
	struct parts_obj object;
	__le64 flags;
	struct parts_type type;
};

struct admvf_read {
	struct parts_obj object;
	struct parts_type type;
};

static struct parts_obj admvf_object(u32 id)
{
	return (struct parts_obj) {
		.type = cpu_to_le16(PARTS_OBJ_DEV_PARTS),
		.id = cpu_to_le32(id),
	};
}

static int admvf_owner_mode(struct admvf *vf, u8 flags)
{
	struct adm_request request = {
		.opcode = PARTS_MODE_SET,
		.data = &flags,
		.data_len = sizeof(flags),
	};

	return admvf_ask(vf, &request);
}

static int admvf_owner_try_create(struct admvf *vf, enum parts_obj_type type,
				  u32 id)
{
	struct admvf_create data = {
		.object = admvf_object(id),
		.type.type = type,
	};
	struct adm_request request = {
		.opcode = PARTS_OBJ_CREATE,
		.data = &data,
		.data_len = sizeof(data),
	};

	return admvf_ask(vf, &request);
}

/*
 * The device may have objects that nobody here knows of, of a driver before. Their
 * ids are not given back, or the next one would meet them again.
 */
static int admvf_owner_create(struct admvf *vf, enum parts_obj_type type,
			      u32 *id)
{
	int ret, free;

	do {
		ret = admvf_must_stop(vf);
		if (ret)
			return ret;
		free = virtio_adm_object_id_get(vf->owner);
		if (free < 0)
			return admvf_say(vf, free,
					 "the owner %s has no id for an object, it was reset or is gone (%pe)",
					 pci_name(pci_physfn(vf->vpci.core.pdev)),
					 ERR_PTR(free));
		ret = admvf_owner_try_create(vf, type, free);
	} while (ret == -EEXIST);
	if (ret)
		virtio_adm_object_id_put(vf->owner, free);
	*id = free;
	return ret;
}

static int admvf_owner_destroy(struct admvf *vf, u32 id)
{
	struct parts_obj data = admvf_object(id);
	struct adm_request request = {
		.opcode = PARTS_OBJ_DESTROY,
		.data = &data,
		.data_len = sizeof(data),
	};
	int ret = admvf_ask(vf, &request);

	if (!ret || ret == -ENXIO)
		virtio_adm_object_id_put(vf->owner, id);
	return ret;
}

static int admvf_owner_size(struct admvf *vf, u32 id, u32 *size)
{
	struct admvf_read data = {
		.object = admvf_object(id),
		.type.type = PARTS_SIZE,
	};
	struct parts_metadata metadata = {};
	struct adm_request request = {
		.opcode = PARTS_METADATA_GET,
		.data = &data,
		.data_len = sizeof(data),
		.result = &metadata,
		.result_room = sizeof(metadata),
	};
	/* What the device leaves out reads as 0. */
	int ret = admvf_ask(vf, &request);

	*size = le32_to_cpu(metadata.value);
	return ret;
}

static int admvf_owner_read(struct admvf *vf, u32 id, void *to, u32 room,
			    u32 *len)
{
	struct admvf_read data = {
		.object = admvf_object(id),
		.type.type = PARTS_ALL,
	};
	struct adm_request request = {
		.opcode = PARTS_GET,
		.data = &data,
		.data_len = sizeof(data),
		.result = to,
		.result_room = room,
	};
	int ret = admvf_ask(vf, &request);

	*len = request.result_len;
	return ret;
}

static int admvf_owner_write(struct admvf *vf, void *message, u32 len)
{
	struct adm_request request = {
		.opcode = PARTS_SET,
		.data = message,
		.data_len = sizeof(struct parts_obj) + len,
	};

	return admvf_ask(vf, &request);
}

static_assert(ADMVF_PARTS_MAX + sizeof(struct parts_obj) <= ADM_DATA_MAX);

const struct admvf_parts_by admvf_parts_by_owner = {
	.mode		= admvf_owner_mode,
	.create		= admvf_owner_create,
	.destroy	= admvf_owner_destroy,
	.size		= admvf_owner_size,
	.get		= admvf_owner_read,
	.put		= admvf_owner_write,
};
