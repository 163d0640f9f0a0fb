// SPDX-License-Identifier: GPL-2.0-only
/* The PF and its VFs as PCI functions: what they are made of, and their resets. */
#include "model.h"

#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "qemu/module.h"

#define DEVICE_BLK	0x1042
#define SUBSYSTEM_BLK	0x1100
#define ARI_AT		0x100
#define SRIOV_AT	0x140
/* VFs are in the slot behind the PF's. */
#define VF_OFFSET	8
#define VF_STRIDE	1
#define NOTIFY_MULTIPLIER	4
#define TYPE_GUARD	"virtio-owner-headers-guard"

#define FUNCTION(obj)	((struct function *)(obj))
#define OWNER(obj)	((struct owner *)(obj))

struct function *owner_member(struct owner *owner, unsigned int number)
{
	PCIDevice *vf;

	if (!number)
		return NULL;
	vf = pcie_sriov_get_vf_at_index(&owner->function.pci, number - 1);
	return vf ? FUNCTION(vf) : NULL;
}

static void member_reset(struct function *fn)
{
	struct member *member = &fn->member;

	member->mode = CTX_ACTIVE;
	member->soc_state = SOC_RUNNING;
	member->dirty = ALL_FIELDS;
	g_byte_array_set_size(member->pending, 0);
	member->read = 0;
	g_byte_array_set_size(member->written, 0);
	member->filler = 0;
	g_clear_pointer(&member->own_extra, g_free);
	g_clear_pointer(&member->loaded_extra, g_free);
	member->is_stopped = false;
	parts_forget_set(fn);
}

/*
 * A function level reset is the guest's. The draft's mode and what the owner has
 * begun to read or write outlast it; 1.4's parts get their defaults, and Linux
 * expects that such a member runs. So does one that nobody but its SoC could let go.
 */
static void flr(struct function *fn)
{
	fn->flrs++;
	fn->member.is_stopped = false;
	fn->member.filler = 0;
	g_clear_pointer(&fn->member.loaded_extra, g_free);
	parts_forget_set(fn);
	if (!fn->owner->has_admin) {
		context_discard(fn);
		fn->member.mode = CTX_ACTIVE;
		fn->member.soc_state = SOC_RUNNING;
	}
	device_reset_registers(fn);
}

/* Of any kind: by the bus, with the switching on and off of the VFs, an FLR. */
static void function_reset(DeviceState *dev)
{
	struct function *fn = FUNCTION(dev);
	const uint8_t *control = fn->pci.config + fn->pci.exp.exp_cap + PCI_EXP_DEVCTL;

	if (pci_get_word(control) & PCI_EXP_DEVCTL_BCR_FLR) {
		flr(fn);
		return;
	}
	member_reset(fn);
	device_reset_registers(fn);
}

static uint32_t function_config_read(PCIDevice *pci, uint32_t at, int len)
{
	struct function *fn = FUNCTION(pci);

	if (is_gone(fn))
		return UINT32_MAX;
	return pci_default_read_config(pci, at, len);
}

static void function_config_write(PCIDevice *pci, uint32_t at, uint32_t value, int len)
{
	struct function *fn = FUNCTION(pci);

	if (is_gone(fn))
		return;
	pci_default_write_config(pci, at, value, len);
	pcie_cap_flr_write_config(pci, at, value, len);
}

static bool add_virtio_cap(PCIDevice *pci, uint8_t type, uint32_t at, uint32_t len, Error **errp)
{
	struct virtio_pci_notify_cap cap = {
		.cap = {
			.cap_vndr = PCI_CAP_ID_VNDR,
			.cap_len = sizeof(cap.cap),
			.cfg_type = type,
			.offset = cpu_to_le32(at),
			.length = cpu_to_le32(len),
		},
		.notify_off_multiplier = cpu_to_le32(NOTIFY_MULTIPLIER),
	};
	const size_t ids = offsetof(struct virtio_pci_cap, cap_len);
	int where;

	if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		cap.cap.cap_len = sizeof(cap);
	where = pci_add_capability(pci, PCI_CAP_ID_VNDR, 0, cap.cap.cap_len, errp);
	if (where < 0)
		return false;
	memcpy(pci->config + where + ids, (uint8_t *)&cap + ids, cap.cap.cap_len - ids);
	return true;
}

static bool add_virtio_caps(struct function *fn, Error **errp)
{
	PCIDevice *pci = &fn->pci;

	return add_virtio_cap(pci, VIRTIO_PCI_CAP_COMMON_CFG, COMMON_PAGE,
			      sizeof(struct virtio_pci_modern_common_cfg), errp) &&
	       add_virtio_cap(pci, VIRTIO_PCI_CAP_ISR_CFG, ISR_PAGE, 4, errp) &&
	       add_virtio_cap(pci, VIRTIO_PCI_CAP_DEVICE_CFG, CONFIG_AT,
			      sizeof(struct virtio_blk_config), errp) &&
	       add_virtio_cap(pci, VIRTIO_PCI_CAP_NOTIFY_CFG, NOTIFY_PAGE,
			      function_queues(fn) * NOTIFY_MULTIPLIER, errp);
}

static void add_bars(struct function *fn)
{
	Object *obj = OBJECT(&fn->pci);

	memory_region_init(&fn->bar, obj, "virtio", BAR_SIZE);
	memory_region_init_io(&fn->registers_io, obj, &registers_ops, fn,
			      "virtio-common", ISR_PAGE - COMMON_PAGE);
	memory_region_add_subregion(&fn->bar, COMMON_PAGE, &fn->registers_io);
	memory_region_init_io(&fn->config_io, obj, &config_ops, fn,
			      "virtio-isr-and-config", NOTIFY_PAGE - ISR_PAGE);
	memory_region_add_subregion(&fn->bar, ISR_PAGE, &fn->config_io);
	memory_region_init_io(&fn->notify_io, obj, &notify_ops, fn,
			      "virtio-notify", BAR_SIZE - NOTIFY_PAGE);
	memory_region_add_subregion(&fn->bar, NOTIFY_PAGE, &fn->notify_io);
	pci_register_bar(&fn->pci, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &fn->bar);
	memory_region_init(&fn->msix_bar, obj, "msix", MSIX_BAR_SIZE);
	pci_register_bar(&fn->pci, MSIX_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY, &fn->msix_bar);
}

static bool function_realize(struct function *fn, Error **errp)
{
	PCIDevice *pci = &fn->pci;
	unsigned int i;

	QTAILQ_INIT(&fn->in_flight);
	fn->finish = timer_new_ms(QEMU_CLOCK_VIRTUAL, blk_finish_ready, fn);
	fn->member.pending = g_byte_array_new();
	fn->member.written = g_byte_array_new();
	pci_set_word(pci->config + PCI_SUBSYSTEM_VENDOR_ID, PCI_VENDOR_ID_REDHAT_QUMRANET);
	pci_set_word(pci->config + PCI_SUBSYSTEM_ID, SUBSYSTEM_BLK);
	add_bars(fn);
	if (!add_virtio_caps(fn, errp) ||
	    msix_init(pci, VECTORS, &fn->msix_bar, MSIX_BAR, 0, &fn->msix_bar, MSIX_BAR,
		      MSIX_PBA_PAGE, 0, errp))
		return false;
	for (i = 0; i < VECTORS; i++)
		msix_vector_use(pci, i);
	pcie_endpoint_cap_init(pci, 0);
	pcie_cap_flr_init(pci);
	pcie_ari_init(pci, ARI_AT);
	member_reset(fn);
	registers_reset(&fn->regs);
	return true;
}

static void function_exit(PCIDevice *pci)
{
	struct function *fn = FUNCTION(pci);

	blk_drop_all(fn);
	timer_free(fn->finish);
	member_reset(fn);
	g_byte_array_free(fn->member.pending, true);
	g_byte_array_free(fn->member.written, true);
	pcie_cap_exit(pci);
	msix_unuse_all_vectors(pci);
	msix_uninit(pci, &fn->msix_bar, &fn->msix_bar);
}

static bool check_properties(struct owner *owner, Error **errp)
{
	if (!owner->standard_name || !strcmp(owner->standard_name, "draft")) {
		owner->standard = STANDARD_DRAFT;
	} else if (!strcmp(owner->standard_name, "1.4")) {
		owner->standard = STANDARD_1_4;
	} else {
		error_setg(errp, "standard: must be draft or 1.4");
		return false;
	}
	if (owner->queues < 1 || owner->queues > BLK_QUEUES_MAX)
		error_setg(errp, "queues: must be 1 to %d", BLK_QUEUES_MAX);
	else if (owner->has_admin && soc_is_asked_for(owner))
		error_setg(errp, "soc: needs admin=off, a VF has one master");
	else
		return true;
	return false;
}

static void owner_realize(PCIDevice *pci, Error **errp)
{
	struct owner *owner = OWNER(pci);

	owner->function.owner = owner;
	QTAILQ_INIT(&owner->late);
	if (!check_properties(owner, errp) || !function_realize(&owner->function, errp))
		return;
	owner->image = g_malloc0(IMAGE_SIZE);
	memory_region_init_io(&owner->trouble_io, OBJECT(pci), &trouble_ops, owner,
			      "trouble", 0x1000);
	pci_register_bar(pci, VIRTIO_TROUBLE_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY,
			 &owner->trouble_io);
	adminq_reset(owner);
	trouble_reset(owner);
	soc_realize(owner);
	/* It makes the VFs, which ask for the kind of their BARs: 0, 32-bit, by default. */
	if (!pcie_sriov_pf_init(pci, SRIOV_AT, TYPE_MEMBER, DEVICE_BLK, TOTAL_VFS, TOTAL_VFS,
				VF_OFFSET, VF_STRIDE, errp))
		return;
	pcie_sriov_pf_init_vf_bar(pci, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, BAR_SIZE);
	pcie_sriov_pf_init_vf_bar(pci, MSIX_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY, MSIX_BAR_SIZE);
}

static void owner_exit(PCIDevice *pci)
{
	struct owner *owner = OWNER(pci);

	soc_exit(owner);
	adminq_reset(owner);
	pcie_sriov_pf_exit(pci);
	function_exit(pci);
	g_free(owner->image);
}

static void member_realize(PCIDevice *pci, Error **errp)
{
	struct function *fn = FUNCTION(pci);

	fn->owner = OWNER(pcie_sriov_get_pf(pci));
	fn->number = pcie_sriov_vf_number(pci) + 1;
	function_realize(fn, errp);
}

static const Property owner_properties[] = {
	DEFINE_PROP_UINT16("queues", struct owner, queues, 1),
	DEFINE_PROP_STRING("standard", struct owner, standard_name),
	DEFINE_PROP_BOOL("strict", struct owner, is_strict, false),
	DEFINE_PROP_BOOL("admin", struct owner, has_admin, true),
	DEFINE_PROP_CHR("soc1", struct owner, soc[0].chardev),
	DEFINE_PROP_CHR("soc2", struct owner, soc[1].chardev),
	DEFINE_PROP_CHR("soc3", struct owner, soc[2].chardev),
	DEFINE_PROP_CHR("soc4", struct owner, soc[3].chardev),
};

static void function_class_init(ObjectClass *class)
{
	PCIDeviceClass *pci = PCI_DEVICE_CLASS(class);

	pci->config_read = function_config_read;
	pci->config_write = function_config_write;
	pci->vendor_id = PCI_VENDOR_ID_REDHAT_QUMRANET;
	pci->device_id = DEVICE_BLK;
	pci->revision = 1;
	pci->class_id = PCI_CLASS_STORAGE_SCSI;
	device_class_set_legacy_reset(DEVICE_CLASS(class), function_reset);
}

static void owner_class_init(ObjectClass *class, void *data)
{
	function_class_init(class);
	PCI_DEVICE_CLASS(class)->realize = owner_realize;
	PCI_DEVICE_CLASS(class)->exit = owner_exit;
	device_class_set_props(DEVICE_CLASS(class), owner_properties);
}

static void member_class_init(ObjectClass *class, void *data)
{
	function_class_init(class);
	PCI_DEVICE_CLASS(class)->realize = member_realize;
	PCI_DEVICE_CLASS(class)->exit = function_exit;
	DEVICE_CLASS(class)->user_creatable = false;
}

static InterfaceInfo interfaces[] = { { INTERFACE_PCIE_DEVICE }, { } };

/*
 * The guard is as large as the headers say a PCIDevice is: QEMU refuses it, and
 * stops, if its own is larger.
 */
static const TypeInfo types[] = {
	{
		.name = TYPE_GUARD,
		.parent = TYPE_PCI_DEVICE,
		.instance_size = sizeof(PCIDevice),
		.abstract = true,
	}, {
		.name = TYPE_OWNER,
		.parent = TYPE_GUARD,
		.instance_size = sizeof(struct owner),
		.class_init = owner_class_init,
		.interfaces = interfaces,
	}, {
		.name = TYPE_MEMBER,
		.parent = TYPE_GUARD,
		.instance_size = sizeof(struct function),
		.class_init = member_class_init,
		.interfaces = interfaces,
	},
};

static void register_types(void)
{
	type_register_static_array(types, ARRAY_SIZE(types));
}

type_init(register_types)
